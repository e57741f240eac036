import type { EventFilter } from '../../src/runs/audit.ts'
import type { RunFilter, RunStore } from '../../src/runs/store.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

/** The run that is asked for. */
export const run = sampleRun({ key: 'k' })

const jobs = ['nightly-load', 'report']

/** Lists by every documented filter, each with the index that is to be read; undefined: the primary key. */
export const LISTS: [Omit<RunFilter, 'jobs' | 'limit'> & { jobs?: string[] }, string | undefined][] = [
  [{}, undefined],
  [{ before: run.id }, undefined],
  [{ since: 1, until: 2 }, undefined],
  [{ state: 'SUBMITTING' }, 'runs_by_state'],
  [{ result: 'KO' }, 'runs_by_result'],
  [{ state: 'PARTIAL', result: 'KO' }, 'runs_by_state'],
  [{ jobs }, 'runs_by_job'],
  [{ jobs, since: 1, until: 2, before: run.id }, 'runs_by_job'],
  [{ jobs, state: 'SUBMITTING' }, 'runs_by_job_state'],
  [{ jobs, result: 'KO' }, 'runs_by_job_result'],
  [{ jobs: ['nightly-load'], client_id: 'control-m' }, 'runs_by_job'],
  [{ jobs, client_id: 'control-m' }, 'runs_by_client'],
  [{ client_id: 'control-m' }, 'runs_by_client'],
  [{ client_id: 'control-m', state: 'SUBMITTING' }, 'runs_by_client_state'],
  [{ client_id: 'control-m', result: 'KO' }, 'runs_by_client_result'],
  [{ client_id: 'control-m', state: 'PARTIAL', result: 'OK', since: 1, until: 2 }, 'runs_by_client_state'],
  [{ client_id: 'control-m', result: 'KO', ref: 'SALES/LOAD', since: 1, until: 2 }, 'runs_by_ref'],
  [{ jobs, state: 'PARTIAL', client_id: 'control-m', since: 1, until: 2 }, 'runs_by_client_state'],
  [{ key: 'k' }, 'runs_by_key'],
  [{ key: 'k', since: 1, until: 2 }, 'runs_by_key'],
  [{ jobs, key: 'k', client_id: 'control-m', state: 'SUBMITTING' }, 'runs_by_key'],
  [{ ref: 'SALES/LOAD_SALES/0a1b2/1' }, 'runs_by_ref'],
  [{ ref: 'SALES/*' }, 'runs_by_ref'],
  [{ jobs, ref: 'SALES/*', state: 'SUBMITTING' }, 'runs_by_ref'],
  [{ ref: 'SALES/*', since: 1, until: 2, before: run.id }, 'runs_by_ref'],
]

/** Events by every documented filter, each with the index that is to be read. */
export const EVENTS: [Omit<EventFilter, 'limit'>, string][] = [
  [{}, 'sqlite_autoindex_audit_events_1'],
  [{ since: 1, until: 2, before: run.id }, 'sqlite_autoindex_audit_events_1'],
  [{ action: 'trigger', since: 1 }, 'sqlite_autoindex_audit_events_1'],
  [{ job: 'nightly-load' }, 'audit_events_by_job'],
  [{ job: 'nightly-load', client: 'control-m', action: 'trigger', since: 1, until: 2 }, 'audit_events_by_job'],
  [{ client: 'control-m' }, 'audit_events_by_client'],
  [{ client: 'control-m', before: run.id }, 'audit_events_by_client'],
  [{ action: 'cancel' }, 'audit_events_by_action'],
  [{ action: 'cancel', job: 'nightly-load', client: 'control-m', since: 1 }, 'audit_events_by_action'],
  [{ run_id: run.id, action: 'cancel', job: 'nightly-load' }, 'audit_events_by_run'],
]

/** Everything else that is asked while callers or the watcher wait. */
export const OTHERS: Record<string, (store: RunStore) => Promise<unknown>> = {
  get: (store) => store.get(run.id),
  getByKey: (store) => store.getByKey('control-m', 'nightly-load', 'k'),
  findByDatabricksRun: (store) => store.findByDatabricksRun('1'),
  attempts: (store) => store.attempts(run.id),
  'due to submit': (store) => store.dueSubmissions('main', Date.now(), 10),
  'due to look': (store) => store.dueLooks('main', Date.now(), 10),
  'nextDue to submit': (store) => store.nextDue('main', 'submit', 0),
  'nextDue to look': (store) => store.nextDue('main', 'look', 0),
  'updateIfRoom, where there is none': (store) => store.updateIfRoom(run, {}, 0),
  jobLoad: (store) => store.jobLoad('nightly-load', 10),
  tombstone: (store) => store.tombstone(run.id),
  tombstoneByKey: (store) => store.tombstoneByKey('control-m', 'nightly-load', 'k'),
  durations: (store) => store.durations('nightly-load'),
  update: (store) =>
    store.update(
      run,
      { state: 'FAILED', result: 'KO', finished_at: 1, due_at: null },
      { job: run.job, state: 'FAILED', result: 'KO', cause: 'cluster' },
    ),
  addAttempt: async (store) => store.addAttempt((await store.get(run.id)) ?? run, sampleAttempt({ number: 2 })),
  tell: (store) => store.tell(run.id, 1, 2, 'R1'),
  sight: (store) => store.sight([{ run_id: run.id, attempt: 1, observed_at: 1, due_at: 2 }]),
  bringForward: (store) => store.bringForward(run.id, 1, 1),
  purge: (store) => store.purge({ endedBefore: 0, tombstonesBefore: 0, eventsBefore: 0, now: 0, limit: 100 }),
}
