import type { MetricDescription } from '../metrics/describe.ts'
import { formatCode, formatTable } from './table.ts'

const UNITS: readonly (readonly [suffix: RegExp, unit: string])[] = [
  [/_timestamp_seconds$/, 'Unix time, seconds'],
  [/_seconds$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/_ratio$/, '0 to 1'],
]

const INTRODUCTION = `# Metrics

Made by \`npm run reference\` from the code; what is changed here is lost.

\`GET /metrics\` answers them in Prometheus' text format: open on \`server.metrics_port\`, and on the main port to clients
with the permission \`metrics\`. Scrape with \`honor_labels: true\`, since \`job\` is a job of the catalogue. Labels are names of the
configuration or of closed sets, never a run, a key or anything else that a caller sends; an unknown name is \`unknown\`.

What the ledger knows (\`runs_finished_total\` and what is said of jobs) is the same on every replica and goes on
through restarts. Do not add the replicas up: [prometheus/rules.yaml](../prometheus/rules.yaml) records
\`job_gateway:runs_finished:max\` for that. Everything else is each process's own.

Histograms have \`_bucket\`, \`_sum\` and \`_count\`. Node's own metrics (\`process_…\`, \`nodejs_…\`) come beside these.
`

/** docs/metrics.md */
export function metricsPage(metrics: readonly MetricDescription[]): string {
  const rows = metrics
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, help }) => [
      formatCode(name),
      type,
      labels.map(formatCode).join(' '),
      unitOf(name),
      help,
    ])
  return `${INTRODUCTION}\n${formatTable(['metric', 'type', 'labels', 'unit', 'what it says'], rows)}\n`
}

function unitOf(name: string): string {
  return UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? ''
}
