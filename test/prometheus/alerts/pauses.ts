import { type AlertCase, seriesOf } from './case.ts'

const GATEWAY = { namespace: 'jobs', job: 'job-gateway' }

const calls = (status: string) => {
  const labels = { http_request_method: 'POST', http_route: '/trigger/:job', http_response_status_code: status }
  return seriesOf('a', 'http_server_request_duration_seconds_count', labels)
}
const refused = seriesOf('a', 'job_gateway_refusals_total', { client: 'control-m', code: 'paused' })
const waiters = { [seriesOf('a', 'job_gateway_waiters')]: '0x20' }
const paused = (labels: Record<string, string>) => seriesOf('a', 'job_gateway_pause_started_timestamp_seconds', labels)

export const PAUSE_CASES: AlertCase[] = [
  {
    alert: 'JobGatewayErrors',
    when: 'a pause refuses most triggers, on purpose',
    series: { ...waiters, [calls('202')]: '0+60x20', [calls('503')]: '0+540x20', [refused]: '0+540x20' },
    minute: 12,
    fires: [],
  },
  {
    alert: 'JobGatewayErrors',
    when: 'a pause refuses triggers, and others fail',
    series: { ...waiters, [calls('202')]: '0+300x20', [calls('503')]: '0+300x20', [refused]: '0+240x20' },
    minute: 12,
    fires: [
      {
        labels: { ...GATEWAY, severity: 'page' },
        summary: '10% of the calls fail in the gateway itself',
        description: 'Answered 500 or 503 in the last five minutes. The log has the reason of each, by its request id.',
      },
    ],
  },
  {
    alert: 'JobGatewayPauseForgotten',
    when: 'a job has been paused for two days, and all since ten minutes ago',
    series: {
      [paused({ scope: 'job', name: 'load', mode: 'hold' })]: '-172200x20',
      [paused({ scope: 'all', name: '', mode: 'hold' })]: '0x20',
    },
    minute: 10,
    fires: [
      {
        labels: { ...GATEWAY, severity: 'ticket', scope: 'job', name: 'load', mode: 'hold' },
        summary: 'Paused for 2d 0h 0m 0s: job load',
        description:
          'No job that it concerns is started, and its callers wait, or are refused. Which runs wait: https://jobs.test/runs?state=SUBMITTING&format=text',
      },
    ],
  },
  {
    alert: 'JobGatewayPauseForgotten',
    when: 'it was ended',
    series: { [paused({ scope: 'job', name: 'load', mode: 'hold' })]: '-172200 -172200 stale' },
    minute: 10,
    fires: [],
  },
]
