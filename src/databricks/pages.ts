import { DatabricksError } from './errors.ts'

interface Page {
  next_page_token?: string
}

/** Reads page after page. A token that comes again would never end: it is an error. */
export async function readPages<P extends Page>(
  read: (pageToken: string | undefined) => Promise<P>,
): Promise<[P, ...P[]]> {
  const first = await read(undefined)
  const pages: [P, ...P[]] = [first]
  const seen = new Set<string>()
  let token = first.next_page_token
  while (token) {
    if (seen.has(token)) {
      throw new DatabricksError('Databricks answered the same page token twice', {
        kind: 'unavailable',
        reason: 'answer',
        sent: true,
      })
    }
    seen.add(token)
    const page: P = await read(token)
    pages.push(page)
    token = page.next_page_token
  }
  return pages
}

/** Arrays go on from page to page; everything else is as the first page has it. */
export function joinPages<T extends object>(first: T, rest: readonly T[]): T {
  return rest.reduce(appendArrays, first)
}

function appendArrays<T extends object>(whole: T, page: T): T {
  const before = new Map(Object.entries(whole))
  const joined = Object.entries(page)
    .filter(([, value]) => Array.isArray(value))
    .map(([name, value]) => [name, [...(before.get(name) ?? []), ...value]])
  return { ...whole, ...Object.fromEntries(joined) }
}
