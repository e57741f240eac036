import { invalid } from './errors.ts'

/** Version 2.2 answers arrays in pieces of this size. */
export const PAGE_SIZE = 100

/** A page token is a position in the set as it is when the page is asked for, not a snapshot: pages of a set that moves. */
export function encodePage(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64')
}

/** The position that `page_token` stands for, 0 without one. Throws ApiError. */
export function decodePage(token: string | null): number {
  if (!token) return 0
  const offset = /^offset:(\d{1,9})$/.exec(Buffer.from(token, 'base64').toString())?.[1]
  if (offset === undefined) throw invalid('Invalid page token')
  return Number(offset)
}

/** `next_page_token` and `prev_page_token` of a list. */
export function pageTokens(offset: number, limit: number, more: boolean) {
  return {
    ...(more && { next_page_token: encodePage(offset + limit) }),
    ...(offset > 0 && { prev_page_token: encodePage(Math.max(0, offset - limit)) }),
  }
}
