import type { Clock } from '../clock.ts'
import { LedgerError, type RunStore } from '../runs/store.ts'
import { REQUEST_SECONDS } from './buckets.ts'
import type { Instruments } from './instruments.ts'

/** Statements of SQLite take microseconds, a commit milliseconds. */
const FASTEST_SECONDS = [0.000_1, 0.000_5, 0.001]

/** The renewal of a lease is among them, so that every process soon learns how writes are. */
const WRITES = new Set([
  ...['insert', 'add_attempt', 'update', 'update_if_room', 'tell', 'sight', 'bring_forward', 'keep_output', 'purge'],
  ...['expected_since', 'lease', 'release_lease'],
])

export interface LedgerFacts {
  /** The same store, each operation timed by its name. */
  timeStore(store: RunStore): RunStore
  /**
   * Epoch ms of the first failure after the last success; undefined: the last operation succeeded. A read that succeeds
   * proves nothing of writes: the disk may be full, or the server a stand-by.
   */
  ledgerFailingSince(): number | undefined
}

export function createLedgerFacts({ histogram }: Instruments, clock: Clock): LedgerFacts {
  const failingSince: Partial<Record<'reads' | 'writes', number>> = {}
  const durations = histogram(
    'ledger_request_duration_seconds',
    'Duration of operations of the ledger.',
    [...FASTEST_SECONDS, ...REQUEST_SECONDS],
    ['op'],
  )

  async function time<T>(op: string, work: () => Promise<T>): Promise<T> {
    // A stopwatch, not a clock: nothing is decided by it, and milliseconds would be too coarse.
    const stop = durations.startTimer({ op })
    try {
      const value = await work()
      delete failingSince.reads
      if (WRITES.has(op)) delete failingSince.writes
      return value
    } catch (error) {
      if (error instanceof LedgerError) failingSince[WRITES.has(op) ? 'writes' : 'reads'] ??= clock.now()
      throw error
    } finally {
      stop()
    }
  }

  const timeStore = (store: RunStore): RunStore => ({
    insert: (run, supersedes) => time('insert', () => store.insert(run, supersedes)),
    addAttempt: (run, attempt) => time('add_attempt', () => store.addAttempt(run, attempt)),
    update: (run, change, ending) => time('update', () => store.update(run, change, ending)),
    updateIfRoom: (run, change, max) => time('update_if_room', () => store.updateIfRoom(run, change, max)),
    tell: (runId, attempt, at, rerunId) => time('tell', () => store.tell(runId, attempt, at, rerunId)),
    sight: (sightings) => time('sight', () => store.sight(sightings)),
    bringForward: (runId, attempt, at) => time('bring_forward', () => store.bringForward(runId, attempt, at)),
    get: (id) => time('get', () => store.get(id)),
    getByKey: (clientId, job, key) => time('get_by_key', () => store.getByKey(clientId, job, key)),
    findByDatabricksRun: (id) => time('find_by_databricks_run', () => store.findByDatabricksRun(id)),
    attempts: (runId) => time('attempts', () => store.attempts(runId)),
    list: (filter) => time('list', () => store.list(filter)),
    dueSubmissions: (workspace, now, limit) =>
      time('due_submissions', () => store.dueSubmissions(workspace, now, limit)),
    dueLooks: (workspace, now, limit) => time('due_looks', () => store.dueLooks(workspace, now, limit)),
    nextDue: (workspace, step, now) => time('next_due', () => store.nextDue(workspace, step, now)),
    jobLoad: (job, limit) => time('job_load', () => store.jobLoad(job, limit)),
    output: (runId, attempt) => time('output', () => store.output(runId, attempt)),
    keepOutput: (runId, attempt, output) => time('keep_output', () => store.keepOutput(runId, attempt, output)),
    purge: (what) => time('purge', () => store.purge(what)),
    tombstone: (runId) => time('tombstone', () => store.tombstone(runId)),
    tombstoneByKey: (clientId, job, key) => time('tombstone_by_key', () => store.tombstoneByKey(clientId, job, key)),
    endings: () => time('endings', () => store.endings()),
    activeCounts: () => time('active_counts', () => store.activeCounts()),
    jobSummaries: () => time('job_summaries', () => store.jobSummaries()),
    observations: (before) => time('observations', () => store.observations(before)),
    unfinished: (jobs) => time('unfinished', () => store.unfinished(jobs)),
    durations: (job) => time('durations', () => store.durations(job)),
    expectedSince: (jobs, now) => time('expected_since', () => store.expectedSince(jobs, now)),
    lease: (name, holder, lifeMs) => time('lease', () => store.lease(name, holder, lifeMs)),
    releaseLease: (name, holder) => time('release_lease', () => store.releaseLease(name, holder)),
    ...(store.replicas && { replicas: store.replicas }),
    size: () => time('size', () => store.size()),
    close: () => time('close', () => store.close()),
  })
  return {
    timeStore,
    ledgerFailingSince() {
      const instants = Object.values(failingSince)
      return instants.length === 0 ? undefined : Math.min(...instants)
    },
  }
}
