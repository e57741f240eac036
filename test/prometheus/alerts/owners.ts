import { type AlertCase, type Fired, seriesOf } from './case.ts'

const LOAD = { job: 'load' }
const OWNER = { owner: 'risk-data', severity: 'page' }

const info = (replica: 'a' | 'b' = 'a', { owner, severity } = OWNER) =>
  seriesOf(replica, 'job_gateway_job_info', { ...LOAD, owner, severity, workspace: 'main' })
const known = { [info()]: '1x300' }

/** Endings of the job `load`. */
const ended = (cause: string, state = 'FAILED', replica: 'a' | 'b' = 'a') => {
  const result = cause === '' ? 'OK' : 'KO'
  return seriesOf(replica, 'job_gateway_runs_finished_total', { ...LOAD, state, result, cause })
}

const fired = (summary: string, description: string, whose: Record<string, string> = OWNER): Fired => ({
  labels: { namespace: 'jobs', ...LOAD, ...whose },
  summary,
  description,
})

const FAILED = [
  'load failed',
  'At least one run ended badly in the last quarter of an hour. The list has each with the task that broke and the first line of its error.',
] as const

interface Story {
  when: string
  series: Record<string, string>
  minute: number
  /** Whose alert it is; left out: silent. */
  fires?: Record<string, string>
}

const ENDINGS: Story[] = [
  {
    when: 'the very first failure of a job',
    series: { ...known, [ended('user_code')]: '0x5 1x20' },
    minute: 7,
    fires: OWNER,
  },
  {
    when: 'the first failure for a reason that nobody foresaw, so that its series begins at 1',
    series: { ...known, [ended('user_code')]: '0x30', [ended('skipped', 'REJECTED')]: '_x5 1x20' },
    minute: 7,
    fires: OWNER,
  },
  {
    when: 'the catalogue names neither owner nor severity',
    series: {
      [info('a', { owner: '', severity: '' })]: '1x30',
      [ended('user_code')]: '0x5 1x20',
    },
    minute: 7,
    fires: { severity: 'ticket' },
  },
  {
    when: 'both replicas tell it, and the owner is changing with a rolling restart: one alert',
    series: {
      ...known,
      [info('b', { owner: 'sales-data', severity: 'page' })]: '1x300',
      [ended('user_code')]: '0x5 1x20',
      [ended('user_code', 'FAILED', 'b')]: '0x5 1x20',
    },
    minute: 7,
    fires: OWNER,
  },
  {
    when: 'a failure between two scrapes, one before and one after the restart of the only replica',
    series: { ...known, [ended('user_code')]: '4x5 _x3 5x20' },
    minute: 10,
    fires: OWNER,
  },
  { when: 'it is over a quarter of an hour later', series: { ...known, [ended('user_code')]: '0x5 1x30' }, minute: 21 },
  {
    when: 'old failures, a replica that restarts, another that joins, and a purge that lowers nothing',
    series: {
      ...known,
      [ended('user_code')]: '7x5 stale _x2 7x20',
      [ended('user_code', 'FAILED', 'b')]: '_x4 7x30',
    },
    minute: 12,
  },
  { when: 'Prometheus is new, the ledger is not', series: { ...known, [ended('user_code')]: '_x4 500x30' }, minute: 8 },
  {
    when: 'runs end well or are canceled',
    series: { ...known, [ended('', 'SUCCEEDED')]: '0+1x30', [ended('canceled', 'CANCELED')]: '0+1x30' },
    minute: 10,
  },
  { when: 'the job has left the catalogue', series: { [ended('user_code')]: '0x5 1x30' }, minute: 7 },
]

const success = (values: string) => ({
  ...known,
  [seriesOf('a', 'job_gateway_job_expected_every_seconds', LOAD)]: '3600x200',
  [seriesOf('b', 'job_gateway_job_expected_every_seconds', LOAD)]: '3600x200',
  [seriesOf('a', 'job_gateway_job_expected_since_timestamp_seconds', LOAD)]: '0x200',
  [seriesOf('a', 'job_gateway_job_last_success_timestamp_seconds', LOAD)]: values,
})

const missed = (since: string) => [
  fired(
    `load has not ended well for ${since}`,
    'That is longer than the expected_every of the catalogue. Either its runs fail, or nobody has triggered it.',
  ),
]

const NOT_SUCCEEDED: Omit<AlertCase, 'alert'>[] = [
  { when: 'it never ended well', series: success('_x200'), minute: 61, fires: missed('1h 1m 0s') },
  { when: 'it never ended well, and there is time', series: success('_x200'), minute: 60, fires: [] },
  { when: 'it ended well once, at 20 min', series: success('_x19 1200x180'), minute: 81, fires: missed('1h 1m 0s') },
  { when: 'it ends well every 50 min', series: success('_x49 3000x49 6000x49 9000x50'), minute: 199, fires: [] },
]

const overdue = (values: string) => ({ ...known, [seriesOf('a', 'job_gateway_runs_overdue', LOAD)]: values })
const ofMain = (name: string) => seriesOf('a', `job_gateway_${name}`, { workspace: 'main' })
const queued = (values: string) => ({
  ...known,
  [seriesOf('a', 'job_gateway_queued_oldest_age_seconds', LOAD)]: values,
  [seriesOf('b', 'job_gateway_queued_oldest_age_seconds', LOAD)]: values,
})

/** Two ways in which nothing is learnt of the runs of a workspace. */
const OUT_OF_SIGHT = [
  { when: 'Databricks is away', series: { [ofMain('databricks_up')]: '0x40' } },
  {
    when: 'Databricks refuses who watches',
    series: { [ofMain('databricks_credential_refused')]: '1x40', [ofMain('watch_leader')]: '1x40' },
  },
].flatMap(({ when, series }) => [
  { alert: 'DatabricksJobOverdue', when, series: { ...overdue('1x40'), ...series }, minute: 5, fires: [] },
  { alert: 'DatabricksJobStuckInQueue', when, series: { ...queued('0+60x40'), ...series }, minute: 35, fires: [] },
])

const LATE: AlertCase[] = [
  {
    alert: 'DatabricksJobOverdue',
    when: 'two runs are far beyond their usual duration',
    series: overdue('0 2x5'),
    minute: 2,
    fires: [
      fired(
        'load takes far longer than usual',
        '2 run(s), measured against the last 20 that ended well. Which: https://jobs.test/runs?job=load&state=RUNNING&format=text',
      ),
    ],
  },
  {
    alert: 'DatabricksJobOverdue',
    when: 'a run that was held for long has begun, and is seen for the first time a moment later',
    series: overdue('0 1 0 1 0'),
    minute: 3,
    fires: [],
  },
  {
    alert: 'DatabricksJobStuckInQueue',
    when: 'a run is queued for more than half an hour, as both replicas say',
    series: queued('0+60x40'),
    minute: 32,
    fires: [
      fired(
        'load is stuck in the queue of Databricks for 32m 0s',
        'Its runs before are not over, or the workspace runs as much as it may. Which: https://jobs.test/runs?job=load&state=QUEUED&format=text',
      ),
    ],
  },
  { alert: 'DatabricksJobStuckInQueue', when: 'it waits its turn', series: queued('0+60x40'), minute: 30, fires: [] },
]

export const OWNER_CASES: AlertCase[] = [
  ...ENDINGS.map(({ fires: whose, ...story }) => ({
    alert: 'DatabricksJobFailed',
    ...story,
    fires: whose ? [fired(...FAILED, whose)] : [],
  })),
  ...NOT_SUCCEEDED.map((story) => ({ alert: 'DatabricksJobNotSucceeded', ...story })),
  ...LATE,
  ...OUT_OF_SIGHT,
]
