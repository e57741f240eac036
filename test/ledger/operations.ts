import fc from 'fast-check'
import { encodeTime } from 'ulid'
import type { Cancel, Failure, Run } from '../../src/runs/run.ts'
import type { AttemptChange, Ending, RunFilter, RunStore } from '../../src/runs/store.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

/** The part of a store that operations act on; a model has no more. */
export type Subject = Pick<
  RunStore,
  | 'insert'
  | 'addAttempt'
  | 'update'
  | 'updateIfRoom'
  | 'tell'
  | 'sight'
  | 'bringForward'
  | 'get'
  | 'getByKey'
  | 'findByDatabricksRun'
  | 'attempts'
  | 'list'
  | 'dueSubmissions'
  | 'dueLooks'
  | 'jobLoad'
  | 'nextDue'
  | 'endings'
  | 'activeCounts'
  | 'unfinished'
  | 'jobSummaries'
  | 'observations'
  | 'durations'
>

/** Acts on a store; `seen` are the runs that were read from it so far, stale ones among them. */
export interface Operation {
  run(store: Subject, seen: Run[], step: number): Promise<unknown>
  toString(): string
}

const JOBS = ['load', 'report']
const CLIENTS = ['control-m', 'azure']
const KEYS = ['a', 'b', null]
const REFS = ['SALES/LOAD/1', 'SALES/LOAD/2', 'SALES', 'Ñandú/1', null]
const WORKSPACES = ['main', 'spare']
const TASK = { task_key: 'load', state: 'FAILED', databricks_run_id: '9007199254740993', attempt: 1, message: '\u0000' }
const COUNTS = { total: 1, succeeded: 0, running: 0, pending: 0, failed: 1, skipped: 0 }
const FAILURE: Failure = { cause: 'user_code', task_key: 'load', message: 'x', retryable: true, repairable: true }
const WISH: Omit<Cancel, 'asked_at'> = {
  ...{ client: 'azure', key_id: 'k2', ref: 'Ñandú/1', remote_address: null, sent_at: null },
}
const START = Date.UTC(2026, 10, 22)

/** Unlike for any other step, so that every order is determined. */
const instant = (coarse: number, step: number) => START + coarse * 100_000 + step

const digit = fc.integer({ min: 0, max: 9 })
const which = fc.nat({ max: 99 })
const pick = <T>(items: T[], index: number) => items[index % items.length]

function operation(name: string, detail: unknown, run: Operation['run']): Operation {
  return { run, toString: () => `${name} ${JSON.stringify(detail)}` }
}

/** On a run as it was read at some time; nothing when none was. */
function onSeen(
  name: string,
  index: number,
  detail: unknown,
  run: (store: Subject, seen: Run, step: number) => Promise<unknown>,
) {
  return operation(name, [index, detail], async (store, seen, step) => {
    const one = pick(seen, index)
    return one && run(store, one, step)
  })
}

const insert = fc
  .record({
    job: fc.constantFrom(...JOBS),
    client_id: fc.constantFrom(...CLIENTS),
    key: fc.constantFrom(...KEYS),
    ref: fc.constantFrom(...REFS),
    workspace: fc.constantFrom(...WORKSPACES),
    supersedes: fc.option(which, { nil: undefined }),
  })
  .map(({ job, client_id, key, ref, workspace, supersedes }) =>
    operation('insert', { job, client_id, key, supersedes }, (store, seen, step) => {
      const created_at = START + step * 1_000
      const id = encodeTime(created_at) + String(step).padStart(16, '0')
      const due_at = instant(0, step)
      const run = sampleRun({ id, job, client_id, key, created_at }, { ref, workspace, due_at })
      return store.insert(run, supersedes === undefined ? undefined : pick(seen, supersedes)?.id)
    }),
  )

const read = which.map((index) => onSeen('read', index, null, (store, { id }) => store.get(id)))

const addAttempt = fc
  .tuple(which, fc.constantFrom(null, 'R1', 'R2'), fc.constantFrom(...REFS))
  .map(([index, rerun_id, ref]) =>
    onSeen('addAttempt', index, rerun_id, async (store, run, step) => {
      const { workspace, number, result } = run.attempt
      // No attempt follows one that has not ended.
      if (result === '') return undefined
      const due_at = instant(1, step)
      const kind = step % 2 ? 'new' : 'repair'
      const attempt = sampleAttempt({ number: number + 1, kind, rerun_id, ref, workspace, due_at })
      return store.addAttempt(run, attempt)
    }),
  )

const update = fc
  .tuple(which, digit, fc.constantFrom('confirm', 'end', 'fail', 'reopen', 'tasks', 'cancel', 'doubt'))
  .map(([index, coarse, kind]) =>
    onSeen('update', index, kind, (store, run, step) => {
      const { change, ending } = changeOf(kind, run, instant(coarse, step))
      return store.update(run, change, ending)
    }),
  )

const updateIfRoom = fc
  .tuple(which, fc.integer({ min: 0, max: 4 }))
  .map(([index, max]) =>
    onSeen('updateIfRoom', index, max, (store, run, step) =>
      store.updateIfRoom(run, changeOf('doubt', run, instant(0, step)).change, max),
    ),
  )

const tell = fc
  .tuple(which, fc.constantFrom(undefined, 'R1', 'R3'))
  .map(([index, rerunId]) =>
    onSeen('tell', index, rerunId, (store, { id, attempt }, step) =>
      store.tell(id, attempt.number, instant(0, step), rerunId),
    ),
  )

const sight = fc
  .tuple(which, digit, digit)
  .map(([index, observed, due]) =>
    onSeen('sight', index, [observed, due], (store, { id, attempt }, step) =>
      store.sight([
        { run_id: id, attempt: attempt.number, observed_at: instant(observed, step), due_at: instant(due, step) },
      ]),
    ),
  )

const bringForward = fc
  .tuple(which, digit)
  .map(([index, coarse]) =>
    onSeen('bringForward', index, coarse, (store, { id, attempt }, step) =>
      store.bringForward(id, attempt.number, instant(coarse, step)),
    ),
  )

export const operations = fc.array(
  fc.oneof(insert, read, addAttempt, update, update, updateIfRoom, tell, sight, bringForward),
  { minLength: 1, maxLength: 60, size: 'max' },
)

const bounds = fc.record({
  jobs: fc.constantFrom(null, null, [], ['load'], ['report', 'load']),
  limit: fc.constantFrom(1, 5, 100),
})

const conditions = fc.oneof(
  fc.record({ state: fc.constantFrom('SUBMITTING', 'RUNNING', 'SUCCEEDED', 'FAILED') }),
  fc.record({ result: fc.constantFrom('', 'OK', 'KO') }),
  fc.record({ client_id: fc.constantFrom(...CLIENTS) }),
  fc.record({ key: fc.constantFrom('a', 'b', 'never') }),
  fc.record({ ref: fc.constantFrom('SALES', 'SALES/*', 'SALES/LOAD/2', 'Ñ*', '*', 'T*') }),
  fc.record({ since: fc.nat({ max: 60 }).map((step) => START + step * 1_000) }),
  fc.record({ until: fc.nat({ max: 60 }).map((step) => START + step * 1_000) }),
)

/** Of few conditions each, for most runs would meet none of many. */
export const filters: fc.Arbitrary<RunFilter[]> = fc.array(
  fc.tuple(bounds, fc.array(conditions, { maxLength: 2 })).map(([bound, some]) => Object.assign({}, bound, ...some)),
  { minLength: 5, maxLength: 15 },
)

/** Everything that can be asked of a store, in an order that does not depend on it. */
export async function readAll(store: Subject, seen: Run[], lists: RunFilter[]): Promise<unknown> {
  const ids = [...new Set(seen.map(({ id }) => id))]
  const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
  const due = []
  for (const workspace of WORKSPACES) {
    due.push(await store.dueSubmissions(workspace, instant(5, 0), 5), await store.dueLooks(workspace, instant(5, 0), 5))
    for (const step of ['submit', 'look'] as const) due.push(await store.nextDue(workspace, step, instant(3, 0)))
  }
  const runs = (await Promise.all(ids.map((id) => store.get(id)))).filter((run) => run !== undefined)
  return {
    runs,
    loads: await Promise.all(JOBS.map((job) => store.jobLoad(job, 2))),
    attempts: await Promise.all(ids.map((id) => store.attempts(id))),
    holders: await Promise.all(
      CLIENTS.flatMap((client) => JOBS.flatMap((job) => ['a', 'b'].map((key) => store.getByKey(client, job, key)))),
    ),
    lists: await Promise.all(lists.map((filter) => store.list(filter))),
    due,
    byDatabricksRun: await Promise.all(['1', '2', '3'].map((id) => store.findByDatabricksRun(id))),
    endings: (await store.endings()).sort(byText),
    summaries: (await store.jobSummaries()).sort(byText),
    active: (await store.activeCounts()).sort(byText),
    observations: (await store.observations(instant(4, 0))).sort(byText),
    unfinished: (await store.unfinished(['load', 'other'])).sort(byText),
    durations: await Promise.all(JOBS.map((job) => store.durations(job))),
  }
}

function changeOf(kind: string, { job, attempt }: Run, at: number): { change: AttemptChange; ending?: Ending } {
  const ended = { finished_at: at, run_ms: at % 1_000, due_at: null }
  const first = attempt.result === ''
  switch (kind) {
    case 'confirm':
      return {
        change: {
          ...{ state: 'RUNNING', databricks_run_id: String(1 + (at % 3)), observed_at: at, due_at: at },
          started_at: at % 2 ? at : null,
        },
      }
    case 'end':
      return {
        change: { state: 'SUCCEEDED', result: 'OK', cause: null, ...ended },
        ...(first && { ending: { job, state: 'SUCCEEDED', result: 'OK', cause: '' } }),
      }
    case 'fail':
      return {
        change: { state: 'FAILED', result: 'KO', cause: 'user_code', failure: FAILURE, ...ended },
        ...(first && { ending: { job, state: 'FAILED', result: 'KO', cause: 'user_code' } }),
      }
    case 'reopen':
      return {
        change: {
          ...{ state: 'RUNNING', result: '', cause: null, failure: null, finished_at: null, due_at: at },
          repair_id: at % 2 ? '5' : null,
        },
      }
    case 'tasks':
      return { change: { tasks: [TASK], task_counts: COUNTS, recovered: true, message: 'línea\n"1"' } }
    case 'cancel':
      return { change: { cancel: attempt.cancel ? { ...attempt.cancel, sent_at: at } : { ...WISH, asked_at: at } } }
    default:
      return { change: { tries: attempt.tries + 1, tries_in_doubt: 1, last_try_at: at, missing_since: at } }
  }
}
