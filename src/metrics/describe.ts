import type { MetricObject, Registry } from 'prom-client'

export interface MetricDescription {
  name: string
  help: string
  /** counter, gauge or histogram. */
  type: string
  labels: readonly string[]
}

/** Every metric of the registry but those of the process itself: which these are depends on system and Node. */
export function describeMetrics(registry: Registry): MetricDescription[] {
  // prom-client keeps the labels on the metric, and leaves them out of its types.
  const metrics = registry.getMetricsAsArray() as (MetricObject & { labelNames: readonly string[] })[]
  return metrics
    .filter(({ name }) => !/^(?:process|nodejs)_/.test(name))
    .map(({ name, help, type, labelNames }) => ({ name, help, type: String(type), labels: labelNames }))
}
