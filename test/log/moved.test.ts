import t from 'tap'
import { logMoved } from '../../src/log/moved.ts'
import { createLogger } from '../../src/log.ts'
import type { Attempt } from '../../src/runs/run.ts'
import { collectLines } from '../support/collect-lines.ts'
import { makeRun } from '../support/make-run.ts'

/** The lines of one run that passes through these states of its attempt. */
function logAll(...attempts: Partial<Attempt>[]) {
  const { lines, destination } = collectLines()
  const tell = logMoved(createLogger({ level: 'info', destination }), (job) =>
    job === 'nightly-load' ? 'risk-data' : undefined,
  )
  let before: Attempt | undefined
  for (const attempt of attempts) {
    const run = makeRun({ attempt })
    tell({ before, run })
    before = run.attempt
  }
  return lines()
}

const RUNNING: Partial<Attempt> = { state: 'RUNNING', databricks_run_id: '1', tries_in_doubt: 0 }
const FAILED: Partial<Attempt> = {
  ...RUNNING,
  state: 'FAILED',
  result: 'KO',
  cause: 'user_code',
  message: 'load: boom',
  ref: 'SALES/LOAD/1',
  run_url: 'https://example.cloud.databricks.com/jobs/1/runs/1',
  queue_ms: 14_100,
  run_ms: 54_000,
}

t.test('a bad ending is one warning that says all an operator needs', async (t) => {
  const lines = logAll({}, RUNNING, FAILED, { ...FAILED, told_at: 1 })
  t.match(lines, [
    {
      level: 'warn',
      event: 'run.finished',
      run: '01JD00000000000000000000AA',
      job: 'nightly-load',
      owner: 'risk-data',
      client: 'control-m',
      ref: 'SALES/LOAD/1',
      key: 'K-1',
      attempt: 1,
      state: 'FAILED',
      cause: 'user_code',
      message: 'load: boom',
      run_url: 'https://example.cloud.databricks.com/jobs/1/runs/1',
      queue_seconds: 14.1,
      run_seconds: 54,
    },
  ])
  t.equal(lines.length, 1)
})

t.test('a good ending is one line of information', async (t) => {
  const lines = logAll({}, { ...RUNNING, state: 'SUCCEEDED', result: 'OK', message: 'Ended well.' })
  t.match(lines, [{ level: 'info', event: 'run.finished', state: 'SUCCEEDED', cause: null, queue_seconds: null }])
  t.equal(lines.length, 1)
})

t.test('the steps between are not logged', async (t) => {
  t.same(logAll({}, { tries: 2 }, { ...RUNNING, state: 'QUEUED' }, RUNNING), [])
})

t.test('a start that Databricks does not confirm is told once for each reason', async (t) => {
  const slow = 'Accepted here; Databricks has not confirmed it yet'
  const lines = logAll(
    { message: 'Being submitted to Databricks.' },
    { message: `${slow} (No answer within 3990 ms). Trying on until 4.` },
    { message: `${slow} (No answer within 3990 ms). Trying on until 4.`, tries: 2 },
    { message: `${slow} (No answer within 4001 ms). Trying on until 4.`, tries: 2 },
    { message: "Accepted here; Databricks refuses the gateway's own credential (invalid_client).", tries: 3 },
  )
  t.match(lines, [
    { level: 'warn', event: 'run.submitting', message: /not confirmed it yet/, tries: 1 },
    { level: 'warn', event: 'run.submitting', message: /own credential/, tries: 3 },
  ])
  t.equal(lines.length, 2)
})

t.test('what a pause holds back does not hang, and whoever paused it is told elsewhere', async (t) => {
  const held = { message: 'Accepted here; paused by platform until it is resumed.', held_since: 1 }
  t.same(logAll({}, held, { ...held, message: 'paused by owner' }, { message: 'The pause is over.' }), [])
})

t.test('a start whose answer was lost is told when it is found', async (t) => {
  const lines = logAll(
    { tries: 2, tries_in_doubt: 2 },
    { state: 'PENDING', databricks_run_id: '77', tries_in_doubt: 1 },
  )
  t.match(lines, [{ level: 'info', event: 'run.recovered', databricks_run_id: '77' }])
})

t.test('a run from before the attempt is told when it is recognised', async (t) => {
  t.match(logAll(RUNNING, { ...RUNNING, recovered: true }), [{ event: 'run.recovered', databricks_run_id: '1' }])
})

t.test('an unconfirmed run ends once; what became of it is told apart', async (t) => {
  const unconfirmed = { state: 'UNCONFIRMED', result: 'KO', cause: 'unconfirmed' } as const
  t.match(logAll({}, unconfirmed, { ...unconfirmed, due_at: 1 }, { ...unconfirmed, state: 'REJECTED' }), [
    { event: 'run.finished', state: 'UNCONFIRMED' },
    { event: 'run.settled', state: 'REJECTED' },
  ])
  t.match(logAll({}, unconfirmed, { ...RUNNING, tries_in_doubt: 1 }, FAILED), [
    { event: 'run.finished', state: 'UNCONFIRMED' },
    { event: 'run.recovered' },
    { event: 'run.finished', state: 'FAILED' },
  ])
})

t.test('a job without an owner has none', async (t) => {
  const { lines, destination } = collectLines()
  logMoved(
    createLogger({ level: 'info', destination }),
    () => undefined,
  )({ before: undefined, run: makeRun({ attempt: FAILED }) })
  t.match(lines(), [{ owner: null }])
})
