/** What an alert makes of a story told in samples. */
export interface AlertCase {
  alert: string
  /** The story. */
  when: string
  /** Samples by series, one a minute from minute 0; `_`: none, `stale`: gone. */
  series: Record<string, string>
  /** The minute at which the alert is looked at. */
  minute: number
  /** Empty: silent. */
  fires: Fired[]
}

export interface Fired {
  /** Without those that every alert of its group has. */
  labels: Record<string, string>
  summary: string
  description: string
}

/** Labels that Prometheus gives a target; two replicas of one gateway. */
const TARGETS = {
  a: 'namespace="jobs",pod="a",instance="10.0.0.1:9090"',
  b: 'namespace="jobs",pod="b",instance="10.0.0.2:9090"',
}

/** The series of a metric from replica a or b. */
export function seriesOf(replica: keyof typeof TARGETS, name: string, labels: Record<string, string> = {}): string {
  const own = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  // A metric without a `job` of the catalogue has the one of the scrape configuration.
  const job = 'job' in labels ? [] : ['job="job-gateway"']
  return `${name}{${[...own, ...job, TARGETS[replica]].join()}}`
}
