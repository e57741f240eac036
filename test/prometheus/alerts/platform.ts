import { type AlertCase, type Fired, seriesOf } from './case.ts'

const GATEWAY = { namespace: 'jobs', job: 'job-gateway' }
const MAIN = { workspace: 'main' }
const DAY = 86_400

/** A metric of workspace main. */
const ofMain = (replica: 'a' | 'b', name: string, labels = {}) =>
  seriesOf(replica, `job_gateway_${name}`, { ...MAIN, ...labels })

const fired = (labels: Record<string, string>, summary: string, description: string): Fired => ({
  labels: { ...GATEWAY, ...labels },
  summary,
  description,
})

const DATABRICKS: AlertCase[] = [
  {
    alert: 'JobGatewayDatabricksUnreachable',
    when: 'one replica has had no answer for two minutes',
    series: { [ofMain('a', 'databricks_up')]: '1 0x5', [ofMain('b', 'databricks_up')]: '1x6' },
    minute: 3,
    fires: [
      fired(
        { ...MAIN, severity: 'page' },
        'Databricks does not answer (workspace main)',
        'No answer, or only errors of its own, for two minutes. Triggers are accepted as SUBMITTING and sent once it is back; runs show their last known state.',
      ),
    ],
  },
  {
    alert: 'JobGatewayDatabricksUnreachable',
    when: 'it answers again after a minute',
    series: { [ofMain('a', 'databricks_up')]: '1 0 0 1x5' },
    minute: 3,
    fires: [],
  },
  {
    alert: 'JobGatewayCredentialRefused',
    when: 'who watches is refused for a minute',
    series: {
      [ofMain('a', 'databricks_credential_refused')]: '1x5',
      [ofMain('b', 'databricks_credential_refused')]: '0x5',
      [ofMain('a', 'watch_leader')]: '1x5',
      [ofMain('b', 'watch_leader')]: '0x5',
    },
    minute: 1,
    fires: [
      fired(
        { ...MAIN, severity: 'page' },
        "Databricks refuses the gateway's credential (workspace main)",
        'Nothing can be started or watched. Runs stay SUBMITTING or keep their last known state; none is lost, and all go on once the credential is right.',
      ),
    ],
  },
  {
    alert: 'JobGatewayCredentialRefused',
    when: 'who watches is taken again, and another replica has not asked since',
    series: {
      [ofMain('a', 'databricks_credential_refused')]: '1 0x5',
      [ofMain('b', 'databricks_credential_refused')]: '1x6',
      [ofMain('a', 'watch_leader')]: '1x6',
      [ofMain('b', 'watch_leader')]: '0x6',
    },
    minute: 4,
    fires: [],
  },
  ...[
    { days: 20, severity: 'ticket', left: '20d 0h 0m 0s' },
    { days: 5, severity: 'page', left: '5d 0h 0m 0s' },
  ].map(({ days, severity, left }) => ({
    alert: 'JobGatewaySecretEnds',
    when: `it ends in ${days} days: one alert, and no other`,
    series: { [ofMain('a', 'databricks_secret_expiry_timestamp_seconds')]: `${days * DAY}x5` },
    minute: 0,
    fires: [
      fired(
        { ...MAIN, severity },
        `The Databricks secret of workspace main ends in ${left}`,
        'Make a new one, put it in the place of the old one and set expires_on to its end. From that day on Databricks refuses the old one, and nothing can be started.',
      ),
    ],
  })),
  {
    alert: 'JobGatewaySecretEnds',
    when: 'it ends in 40 days',
    series: { [ofMain('a', 'databricks_secret_expiry_timestamp_seconds')]: `${40 * DAY}x5` },
    minute: 5,
    fires: [],
  },
  {
    alert: 'JobGatewaySubmissionStuck',
    when: 'starts wait in one of two workspaces, however many replicas say so',
    series: {
      [ofMain('a', 'submitting_oldest_age_seconds')]: '0+60x15',
      [ofMain('b', 'submitting_oldest_age_seconds')]: '0+60x15',
      [ofMain('a', 'submitting_oldest_age_seconds', { workspace: 'spare' })]: '0x15',
    },
    minute: 11,
    fires: [
      fired(
        { ...MAIN, severity: 'page' },
        'A run waits for its start since 11m 0s (workspace main)',
        'Databricks has not confirmed it. Which runs, and why: https://jobs.test/runs?state=SUBMITTING&format=text',
      ),
    ],
  },
  {
    alert: 'JobGatewaySubmissionStuck',
    when: 'a start takes its ten minutes',
    series: { [ofMain('a', 'submitting_oldest_age_seconds')]: '0+60x10 0x5' },
    minute: 10,
    fires: [],
  },
  {
    alert: 'JobGatewayBudgetExhausted',
    when: 'there has been nothing left for ten minutes',
    series: {
      [ofMain('a', 'databricks_budget_remaining_ratio', { endpoint: 'run_now' })]: '0x12',
      [ofMain('b', 'databricks_budget_remaining_ratio', { endpoint: 'run_now' })]: '1x12',
    },
    minute: 10,
    fires: [
      fired(
        { ...MAIN, endpoint: 'run_now', severity: 'ticket' },
        'The budget for run_now is used up (workspace main)',
        'For ten minutes there was more to ask than the budget allows, or Databricks answered 429. What waits for it is sent later: starts and endings are late.',
      ),
    ],
  },
  {
    alert: 'JobGatewayBudgetExhausted',
    when: 'a burst had been submitted before the ten minutes were over',
    series: { [ofMain('a', 'databricks_budget_remaining_ratio', { endpoint: 'run_now' })]: '0x8 0.6 0x10' },
    minute: 12,
    fires: [],
  },
]

const lag = (le: string) => ofMain('a', 'outcome_lag_seconds_bucket', { le })
/** A run that was last looked at in minute 0; `stale`: the watch interval is over. */
const unobserved = ({ stale = '0 1x10', up = '1x10', refused = '0x10' }) => ({
  [ofMain('a', 'watch_oldest_observation_age_seconds')]: '0+60x10',
  [ofMain('a', 'databricks_stale_runs')]: stale,
  [ofMain('a', 'databricks_up')]: up,
  [ofMain('a', 'databricks_credential_refused')]: refused,
  [ofMain('a', 'watch_leader')]: '1x10',
})

const WATCHING: AlertCase[] = [
  {
    alert: 'JobGatewayOutcomeLag',
    when: 'endings are known one to two minutes late',
    series: { [lag('60')]: '0x30', [lag('120')]: '0+1x30', [lag('+Inf')]: '0+1x30' },
    minute: 30,
    fires: [
      fired(
        { ...MAIN, severity: 'ticket' },
        'Endings are seen 1m 57s late (workspace main)',
        'So long after their end in Databricks one ending in twenty became known here, in the last quarter of an hour. Callers learn them as late.',
      ),
    ],
  },
  {
    alert: 'JobGatewayOutcomeLag',
    when: 'endings are known within the minute',
    series: { [lag('60')]: '0+1x30', [lag('120')]: '0+1x30', [lag('+Inf')]: '0+1x30' },
    minute: 30,
    fires: [],
  },
  {
    alert: 'JobGatewayOutcomeLag',
    when: 'nothing ends: the quantile of nothing is no number',
    series: { [lag('60')]: '0x30', [lag('120')]: '7x30', [lag('+Inf')]: '7x30' },
    minute: 30,
    fires: [],
  },
  {
    alert: 'JobGatewayRunsUnobserved',
    when: 'Databricks answers, and a run has not been looked at for more than five minutes',
    series: unobserved({}),
    minute: 8,
    fires: [
      fired(
        { ...MAIN, severity: 'page' },
        'A run has not been looked at for 8m 0s (workspace main)',
        'Databricks answers, and yet nothing has been learnt about it for more than five minutes. If it ends, nobody is told.',
      ),
    ],
  },
  ...[
    { when: 'Databricks is away', series: unobserved({ up: '1 0x10' }) },
    { when: 'Databricks refuses the credential', series: unobserved({ refused: '0 1x10' }) },
    { when: 'runs are looked at that seldom by configuration', series: unobserved({ stale: '0x10' }) },
  ].map((story) => ({ alert: 'JobGatewayRunsUnobserved', ...story, minute: 9, fires: [] })),
  {
    alert: 'JobGatewayNoWatcher',
    when: 'two replicas, and neither leads',
    series: { [ofMain('a', 'watch_leader')]: '1 0x5', [ofMain('b', 'watch_leader')]: '0x6' },
    minute: 2,
    fires: [
      fired(
        { ...MAIN, severity: 'page' },
        'No gateway watches workspace main',
        'Gateways run, and none has the lease. What waits is not submitted, and no ending is seen.',
      ),
    ],
  },
  {
    alert: 'JobGatewayNoWatcher',
    when: 'the lease passes from one to the other, by way of one scrape that saw nobody',
    series: { [ofMain('a', 'watch_leader')]: '1 0x5', [ofMain('b', 'watch_leader')]: '0 0 1x5' },
    minute: 2,
    fires: [],
  },
  {
    alert: 'JobGatewayGone',
    when: 'the last replica cannot be scraped any more',
    series: { [seriesOf('a', 'job_gateway_waiters')]: '0 0 stale' },
    minute: 4,
    fires: [
      {
        labels: { severity: 'page' },
        summary: 'No gateway can be scraped',
        description:
          'Either none runs, and schedulers get no connection, or Prometheus does not reach it. No other alert of the gateway can be raised meanwhile.',
      },
    ],
  },
  {
    alert: 'JobGatewayGone',
    when: 'one replica of two is left',
    series: { [seriesOf('a', 'job_gateway_waiters')]: '0 0 stale', [seriesOf('b', 'job_gateway_waiters')]: '0x9' },
    minute: 6,
    fires: [],
  },
]

export const PLATFORM_CASES: AlertCase[] = [...DATABRICKS, ...WATCHING]
