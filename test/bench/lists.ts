import { median } from './quantile.ts'
import { type EndedRuns, makeEndedRun } from './seed-ended.ts'
import { timeGet } from './time-get.ts'

const DOUBTFUL_MS = 5

/** The filters of GET /runs, each with values that fit many of the runs and, where there are such, few of them. */
function chooseValues({ count, jobs, from, until }: EndedRuns): Record<string, string[]> {
  const nth = Math.floor(count / 3)
  const instant = (share: number) => Math.floor(from + (until - from) * share)
  const { id, key, attempt } = makeEndedRun(nth, '', instant(1 / 3))
  const [folder = ''] = attempt.ref?.split('/') ?? []
  return {
    job: [jobs[nth % jobs.length] ?? ''],
    state: ['SUCCEEDED', 'PARTIAL'],
    result: ['OK', 'KO'],
    client: ['bench', 'rare'],
    key: [key ?? ''],
    ref: [attempt.ref ?? '', `${folder}/*`, `${folder}/LOAD/${nth.toString().slice(0, -2)}*`],
    since: [new Date(instant(0.1)).toISOString()],
    until: [new Date(instant(0.9)).toISOString()],
    cursor: [Buffer.from(id).toString('base64url')],
  }
}

/** How long lists take, ms: of each combination of filters the values that take longest. */
export async function timeLists(url: string, seeds: EndedRuns): Promise<Map<string, { ms: number; query: string }>> {
  const slowest = new Map<string, { ms: number; query: string }>()
  for (const chosen of combine(Object.entries(chooseValues(seeds)))) {
    const filters = chosen.map(([name]) => name).join('+') || 'none'
    const query = new URLSearchParams(chosen).toString()
    const ms = await time(`${url}/runs?${query}`)
    if (ms > (slowest.get(filters)?.ms ?? 0)) slowest.set(filters, { ms, query })
  }
  return slowest
}

function combine([first, ...others]: [string, string[]][]): [string, string][][] {
  if (!first) return [[]]
  const [name, values] = first
  const rest = combine(others)
  return [...rest, ...values.flatMap((value) => rest.map((chosen): [string, string][] => [[name, value], ...chosen]))]
}

/** What takes long at first is asked for again: it may have been the machine. */
async function time(url: string): Promise<number> {
  const first = await timeGet(url)
  return first < DOUBTFUL_MS ? first : median([first, await timeGet(url), await timeGet(url)])
}
