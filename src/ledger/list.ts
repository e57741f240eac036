import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isDone, type Run } from '../runs/run.ts'
import type { RunFilter } from '../runs/store.ts'
import { firstId } from './first-id.ts'
import { selectLatest } from './latest.ts'
import { decodeRun } from './rows.ts'
import type { Tables } from './tables.ts'

type Column = 'id' | 'job' | 'client_id' | 'state' | 'result' | 'key' | 'ref'

/** A list for more jobs than this reads all jobs newest first and leaves the others out. */
const MAX_JOBS_MERGED = 200

/** Up to so many runs with a ref's prefix are sorted; more are found soon enough by reading newest first. */
const MAX_REFS_SORTED = 5_000

/** The greatest code point: above every character that may follow a prefix. */
const AFTER_ALL = '\u{10FFFF}'

/** What a list is read from. */
interface Listed {
  db: Kysely<Tables>
  /** A column as it is compared when another one is to be found by index. */
  residual(column: string): RawBuilder<string>
}

/**
 * Newest first. Which index is read is decided here where the database's optimiser (SQLite's) does not know that a state
 * like SUBMITTING is rare and one like SUCCEEDED is not.
 */
export async function listRuns({ db, residual }: Listed, filter: RunFilter): Promise<Run[]> {
  if (filter.jobs?.length === 0 || contradictsItself(filter)) return []
  const rows = await selectLatest(db)
    .where('runs.id', 'in', selectIds({ db, residual }, filter, await leadingColumns(db, filter)))
    .orderBy('runs.id', 'desc')
    .execute()
  return rows.map(decodeRun)
}

/** Of a state and a result that never go together, every run of the state would be read to find none. */
function contradictsItself({ state, result }: RunFilter): boolean {
  if (state === undefined || result === undefined || state === 'PARTIAL') return false
  return result !== (isDone(state) ? (state === 'SUCCEEDED' ? 'OK' : 'KO') : '')
}

/** The columns to be found by index; the rest is compared row by row. */
async function leadingColumns(db: Kysely<Tables>, filter: RunFilter): Promise<Column[]> {
  if (filter.key !== undefined) return ['key']
  if (filter.ref !== undefined && !(await isCommonPrefix(db, filter.ref))) return ['ref']
  const status: Column[] = filter.state !== undefined ? ['state'] : filter.result !== undefined ? ['result'] : []
  const jobs = filter.jobs?.length ?? Number.POSITIVE_INFINITY
  // A client's runs are as a rule of the jobs that are listed.
  if (filter.client_id !== undefined && jobs > 1) return ['client_id', ...status]
  // A common ref is of some of the jobs: of each other one, every run would be read to find none.
  return jobs <= (filter.ref === undefined ? MAX_JOBS_MERGED : 1) ? ['job', ...status] : status
}

async function isCommonPrefix(db: Kysely<Tables>, ref: string): Promise<boolean> {
  const prefix = prefixOf(ref)
  if (prefix === undefined) return false
  const some = db
    .selectFrom('runs')
    .select('ref')
    .where('ref', '>=', prefix)
    .where('ref', '<', prefix + AFTER_ALL)
    .limit(MAX_REFS_SORTED)
  const { found } = await db
    .selectFrom(some.as('some'))
    .select((eb) => eb.fn.countAll<number>().as('found'))
    .executeTakeFirstOrThrow()
  return found === MAX_REFS_SORTED
}

function selectIds(from: Listed, filter: RunFilter, leading: Column[]) {
  const [first, ...others] = filter.jobs ?? []
  if (first === undefined || !leading.includes('job')) {
    const ids = matchingIds(from, filter, leading)
    return filter.jobs ? ids.where(from.residual('job'), 'in', filter.jobs) : ids
  }
  // Each job's newest are read in order from the index and merged: one `in` over all jobs would sort all their runs.
  const ofJob = (job: string) =>
    from.db.selectFrom(matchingIds(from, filter, leading).where('job', '=', job).as('of_job')).select('id')
  return others
    .reduce((union, job) => union.unionAll(ofJob(job)), ofJob(first))
    .orderBy('id', 'desc')
    .limit(filter.limit)
}

function matchingIds({ db, residual }: Listed, filter: RunFilter, leading: Column[]) {
  const at = (column: Column) => (leading.includes(column) ? sql.ref<string>(column) : residual(column))
  let ids = db.selectFrom('runs').select('id').orderBy('id', 'desc').limit(filter.limit)
  for (const column of ['client_id', 'state', 'result', 'key'] as const) {
    const value = filter[column]
    if (value !== undefined) ids = ids.where(at(column), '=', value)
  }
  if (filter.ref !== undefined) {
    const prefix = prefixOf(filter.ref)
    ids =
      prefix === undefined
        ? ids.where(at('ref'), '=', filter.ref)
        : ids.where(at('ref'), '>=', prefix).where(at('ref'), '<', prefix + AFTER_ALL)
  }
  // Of two ranges the database may take either: a prefix that is no leading column was found to be common.
  const id = leading.includes('ref') ? residual('id') : sql.ref<string>('id')
  if (filter.since !== undefined) ids = ids.where(id, '>=', firstId(filter.since))
  const [end] = [filter.before, filter.until === undefined ? undefined : firstId(filter.until + 1)].toSorted()
  if (end !== undefined) ids = ids.where(id, '<', end)
  return ids
}

/** An expression that no index serves. */
export function unindexed(column: string): RawBuilder<string> {
  return sql<string>`${sql.ref(column)} || ''`
}

function prefixOf(ref: string): string | undefined {
  return ref.endsWith('*') ? ref.slice(0, -1) : undefined
}
