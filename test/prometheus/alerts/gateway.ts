import { type AlertCase, seriesOf } from './case.ts'

const GATEWAY = { namespace: 'jobs', job: 'job-gateway', severity: 'page' }

const LEDGER_ILL = {
  summary: 'The ledger does not answer',
  description:
    'Triggers are refused with 503 ledger-unavailable before Databricks is called, and schedulers repeat them. Runs in Databricks go on.',
}

const refusals = (code: string) => seriesOf('a', 'job_gateway_refusals_total', { client: 'control-m', code })

const LEDGER: AlertCase[] = [
  {
    alert: 'JobGatewayLedgerFailing',
    when: 'one replica cannot read it for a minute',
    series: {
      [seriesOf('a', 'job_gateway_ledger_up')]: '1 0x5',
      [seriesOf('b', 'job_gateway_ledger_up')]: '1x6',
    },
    minute: 2,
    fires: [{ labels: GATEWAY, ...LEDGER_ILL }],
  },
  {
    alert: 'JobGatewayLedgerFailing',
    when: 'it can be read, and triggers are refused: it cannot be written',
    series: { [seriesOf('a', 'job_gateway_ledger_up')]: '1x9', [refusals('ledger-unavailable')]: '0 3 6 9 12 12x9' },
    minute: 4,
    fires: [{ labels: GATEWAY, ...LEDGER_ILL }],
  },
  {
    alert: 'JobGatewayLedgerFailing',
    when: 'it is well; triggers were refused long ago, and others are for other reasons',
    series: {
      [seriesOf('a', 'job_gateway_ledger_up')]: '1x9',
      [refusals('ledger-unavailable')]: '12x9',
      [refusals('unknown-job')]: '0+5x9',
    },
    minute: 9,
    fires: [],
  },
]

const calls = (status: string, route = '/trigger/:job') => {
  const labels = { http_request_method: 'POST', http_route: route, http_response_status_code: status }
  return seriesOf('a', 'http_server_request_duration_seconds_count', labels)
}
const waiters = { [seriesOf('a', 'job_gateway_waiters')]: '0x20' }

const ERRORS: AlertCase[] = [
  {
    alert: 'JobGatewayErrors',
    when: 'one call in ten fails for ten minutes',
    series: { ...waiters, [calls('202')]: '0+540x20', [calls('500')]: '0+60x20' },
    minute: 12,
    fires: [
      {
        labels: GATEWAY,
        summary: '10% of the calls fail in the gateway itself',
        description: 'Answered 500 or 503 in the last five minutes. The log has the reason of each, by its request id.',
      },
    ],
  },
  {
    alert: 'JobGatewayErrors',
    when: 'calls fail in Databricks, and a process that starts is not ready',
    series: { ...waiters, [calls('502')]: '0+60x20', [calls('202')]: '0+60x20', [calls('503', '/readyz')]: '0+60x20' },
    minute: 12,
    fires: [],
  },
  {
    alert: 'JobGatewayErrors',
    when: 'nobody calls: nothing of nothing is no number',
    series: { ...waiters, [calls('202')]: '7x20', [calls('500')]: '7x20' },
    minute: 12,
    fires: [],
  },
  {
    alert: 'JobGatewayErrors',
    when: 'another program fails, whose metric has the same name',
    series: { [calls('500')]: '0+60x20' },
    minute: 12,
    fires: [],
  },
]

const failures = (reason: string) => seriesOf('b', 'job_gateway_auth_failures_total', { reason })

const CALLERS: AlertCase[] = [
  {
    alert: 'JobGatewayClientLimited',
    when: 'ten of its calls are refused',
    series: { [refusals('rate-limited')]: '0x5 10x10', [refusals('unknown-run')]: '0+60x15' },
    minute: 8,
    fires: [
      {
        labels: { ...GATEWAY, client: 'control-m', severity: 'ticket' },
        summary: 'Client control-m sends more than it may',
        description:
          'Within ten minutes 10 of its calls were answered 429, and nothing was done for them. Triggers among them have started nothing unless they were repeated.',
      },
    ],
  },
  {
    alert: 'JobGatewayClientLimited',
    when: 'strangers are refused, and its own refusals are of long ago',
    series: {
      [refusals('rate-limited')]: '0 10x20',
      [seriesOf('a', 'job_gateway_refusals_total', { client: 'unknown', code: 'rate-limited' })]: '0+60x20',
    },
    minute: 20,
    fires: [],
  },
  {
    alert: 'JobGatewayWrongKeys',
    when: 'a scheduler has a wrong key, and asks all the time',
    series: { [failures('unknown_key')]: '0+60x20' },
    minute: 15,
    fires: [
      {
        labels: { ...GATEWAY, severity: 'ticket' },
        summary: 'Many calls with keys that are not valid',
        description:
          'Within ten minutes 600 of them: a scheduler has a key that is mistyped or no longer counts, or somebody guesses. The log has the address of each.',
      },
    ],
  },
  {
    alert: 'JobGatewayWrongKeys',
    when: 'callers ask first how to sign in, and one mistypes now and then',
    series: { [failures('missing')]: '0+600x20', [failures('unknown_key')]: '0+5x20' },
    minute: 15,
    fires: [],
  },
]

const ended = (job: string, cause: string) =>
  seriesOf('a', 'job_gateway_runs_finished_total', { job, state: 'FAILED', result: 'KO', cause })

const CAUSES: AlertCase[] = [
  {
    alert: 'JobGatewayPlatformCauses',
    when: 'a cluster of one job and a library of another fail within half an hour',
    series: {
      [ended('load', 'cluster')]: '4x10 5x30',
      [ended('report', 'library')]: '0x20 1x20',
      [ended('export', 'platform')]: '3x40',
    },
    minute: 25,
    fires: [
      {
        labels: { namespace: 'jobs', severity: 'page' },
        summary: '2 jobs failed for reasons of the platform',
        description:
          'Within half an hour runs of several jobs ended with the cause platform, cluster, capacity, permission, library or unconfirmed: more than one owner is told, and none of them can mend it.',
      },
    ],
  },
  {
    alert: 'JobGatewayPlatformCauses',
    when: 'one job fails twice so, others for reasons of their own',
    series: {
      [ended('load', 'cluster')]: '0x10 2x30',
      [ended('report', 'cluster')]: '1x40',
      [ended('report', 'user_code')]: '0x10 1x30',
      [ended('export', 'user_code')]: '0x10 1x30',
    },
    minute: 25,
    fires: [],
  },
]

const certificateEnds = (days: number) => ({
  [seriesOf('a', 'job_gateway_tls_certificate_expiry_timestamp_seconds')]: `${days * 86_400}x5`,
})

const CONFIGURATION: AlertCase[] = [
  {
    alert: 'JobGatewayConfigRejected',
    when: 'one replica has not taken it for five minutes',
    series: {
      [seriesOf('a', 'job_gateway_config_reload_success')]: '1 0x8',
      [seriesOf('b', 'job_gateway_config_reload_success')]: '1x9',
    },
    minute: 6,
    fires: [
      {
        labels: { ...GATEWAY, severity: 'ticket' },
        summary: 'The changed configuration is not used',
        description:
          'Something is wrong with it, or it takes a restart; the former one stays in force. Log lines with event config.rejected name every problem. If it is wrong, the next start would fail.',
      },
    ],
  },
  {
    alert: 'JobGatewayConfigRejected',
    when: 'it is mended within five minutes',
    series: { [seriesOf('a', 'job_gateway_config_reload_success')]: '1 0x3 1x5' },
    minute: 6,
    fires: [],
  },
  {
    alert: 'JobGatewayCertificateEnds',
    when: 'it ends in five days',
    series: certificateEnds(5),
    minute: 0,
    fires: [
      {
        labels: GATEWAY,
        summary: "The gateway's own certificate ends in 5d 0h 0m 0s",
        description:
          'Callers refuse the gateway from then on. A new pair in the place of the old one is taken at once, without a restart.',
      },
    ],
  },
  {
    alert: 'JobGatewayCertificateEnds',
    when: 'it was renewed',
    series: certificateEnds(90),
    minute: 5,
    fires: [],
  },
]

export const GATEWAY_CASES: AlertCase[] = [...LEDGER, ...ERRORS, ...CALLERS, ...CAUSES, ...CONFIGURATION]
