import type { Registry } from 'prom-client'

type Metric = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number]
/** `metricName` where it is not the metric's own: the sums, counts and buckets of a histogram. */
type Sample = Metric['values'][number] & { metricName?: string }

/**
 * Prometheus' text format (version 0.0.4) of all metrics of a registry. The registry's own writer makes every label set
 * anew for every scrape, which for hundreds of jobs takes most of it; nearly all are the same objects each time.
 */
export function createExposition(registry: Registry): () => Promise<string> {
  const labelTexts = new WeakMap<Sample['labels'], string>()

  function labelText(labels: Sample['labels']): string {
    const known = labelTexts.get(labels)
    if (known !== undefined) return known
    const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
    const text = parts.length === 0 ? '' : `{${parts.join()}}`
    labelTexts.set(labels, text)
    return text
  }

  return async () => {
    const lines: string[] = []
    for (const { name, help, type, values } of await registry.getMetricsAsJSON()) {
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
      for (const { metricName = name, labels, value } of values as Sample[]) {
        lines.push(`${metricName}${labelText(labels)} ${formatValue(value)}`)
      }
    }
    return `${lines.join('\n')}\n`
  }
}

function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
