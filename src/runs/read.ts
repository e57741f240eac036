import { GatewayError } from './errors.ts'
import type { Run } from './run.ts'
import type { RunFilter, RunStore } from './store.ts'

/** Who reads, and of which jobs. */
export interface Reader {
  /** What keys are bound to. */
  id: string
  name: string
  sees(job: string): boolean
  /** Whether it sees every job there is or ever was: then a list need not ask of which job a run is. */
  readonly seesAll: boolean
}

/** What of the ledger may be read. What a reader may not see answers like what does not exist; the log tells which. */
export interface Read {
  /**
   * A run by the gateway's id, or by a Databricks run id that any of its attempts has.
   * @throws GatewayError unknown-run, run-purged, invalid-request (known in two workspaces)
   */
  find(reader: Reader, id: string, workspace?: string): Promise<Run>
  /**
   * The run that holds the reader's own key.
   * @throws GatewayError unknown-job, unknown-run, run-purged
   */
  findByKey(reader: Reader, job: string, key: string): Promise<Run>
  /**
   * One page, newest first; `next` is where the next one goes on, undefined after the last.
   * @throws GatewayError unknown-job
   */
  list(reader: Reader, filter: ListFilter): Promise<{ runs: Run[]; next: string | undefined }>
  /** The newest run of a job that the reader sees. */
  latest(job: string): Promise<Run | undefined>
}

export interface ListFilter extends Omit<RunFilter, 'jobs'> {
  /** Left out: every job that the reader sees, of the catalogue unless it sees all. */
  job?: string
}

export interface ReadDeps {
  store: Pick<RunStore, 'get' | 'getByKey' | 'findByDatabricksRun' | 'list' | 'tombstone' | 'tombstoneByKey'>
  /** The catalogue. */
  jobs: () => Record<string, unknown>
}

const RUN_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/
const DATABRICKS_RUN_ID = /^\d{1,19}$/

export function createRead({ store, jobs }: ReadDeps): Read {
  async function findOwn(reader: Reader, id: string): Promise<Run> {
    const run = await store.get(id)
    if (run) return reveal(reader, run)
    const tombstone = await store.tombstone(id)
    if (tombstone && reader.sees(tombstone.job)) throw purged(`Run ${id}`)
    throw unknownRun(`There is no run ${id}.`, tombstone && hiddenFrom(reader, tombstone.job))
  }

  async function findByDatabricksRun(reader: Reader, id: string, workspace?: string): Promise<Run> {
    const found = (await store.findByDatabricksRun(id)).filter(
      ({ attempt }) => workspace === undefined || attempt.workspace === workspace,
    )
    const seen = found.filter((run) => reader.sees(run.job))
    const [run, ...others] = seen
    const hidden = found[0]
    if (!run) throw unknownRun(`There is no run ${id}.`, hidden && hiddenFrom(reader, hidden.job))
    if (others.length === 0) return run
    const workspaces = [...new Set(seen.map(({ attempt }) => attempt.workspace))].join(', ')
    throw new GatewayError(
      'invalid-request',
      `Databricks run ${id} is known in workspaces ${workspaces}: say which with ?workspace=, or use the id of the gateway.`,
    )
  }

  function chooseJobs(reader: Reader, job: string | undefined): string[] | null {
    if (job !== undefined) return [job]
    return reader.seesAll ? null : Object.keys(jobs()).filter((name) => reader.sees(name))
  }

  return {
    async find(reader, id, workspace) {
      if (DATABRICKS_RUN_ID.test(id)) return findByDatabricksRun(reader, id, workspace)
      const own = id.toUpperCase()
      if (RUN_ID.test(own)) return findOwn(reader, own)
      throw unknownRun(`There is no run ${JSON.stringify(id)}.`)
    },

    async findByKey(reader, job, key) {
      checkSees(reader, job)
      const run = await store.getByKey(reader.id, job, key)
      if (run) return run
      if (await store.tombstoneByKey(reader.id, job, key)) throw purged(`The run of key ${JSON.stringify(key)}`)
      checkJob(reader, job, jobs())
      throw unknownRun(`Job ${job} has no run of client ${reader.name} under key ${JSON.stringify(key)}.`)
    },

    async list(reader, { job, ...filter }) {
      if (job !== undefined) checkSees(reader, job)
      // One more than asked for tells whether there is a next page.
      const found = await store.list({ ...filter, jobs: chooseJobs(reader, job), limit: filter.limit + 1 })
      if (job !== undefined && found.length === 0) checkJob(reader, job, jobs())
      const runs = found.slice(0, filter.limit)
      return { runs, next: found.length > filter.limit ? runs.at(-1)?.id : undefined }
    },

    async latest(job) {
      const [run] = await store.list({ jobs: [job], limit: 1 })
      return run
    },
  }
}

/** The job, of a catalogue without a prototype. @throws GatewayError unknown-job */
export function checkJob<Job>(reader: Reader, job: string, jobs: Record<string, Job>): Job {
  checkSees(reader, job)
  const found = jobs[job]
  if (!found) throw unknownJob(job)
  return found
}

/** A job that has left the catalogue keeps its runs. @throws GatewayError unknown-job */
export function checkSees(reader: Reader, job: string): void {
  if (!reader.sees(job)) throw unknownJob(job, `client ${reader.name} may not see this job, if it exists`)
}

function unknownJob(job: string, internal?: string): GatewayError {
  const detail = `There is no job ${JSON.stringify(job)}. GET /jobs lists those that this client may see.`
  return new GatewayError('unknown-job', detail, internal === undefined ? {} : { internal })
}

function reveal(reader: Reader, run: Run): Run {
  if (reader.sees(run.job)) return run
  throw unknownRun(`There is no run ${run.id}.`, hiddenFrom(reader, run.job))
}

function unknownRun(detail: string, internal?: string): GatewayError {
  return new GatewayError('unknown-run', detail, internal === undefined ? {} : { internal })
}

function purged(what: string): GatewayError {
  return new GatewayError('run-purged', `${what} was removed from the ledger, which keeps runs for a limited time.`)
}

function hiddenFrom(reader: Reader, job: string): string {
  return `it exists, but client ${reader.name} may not see job ${job}`
}
