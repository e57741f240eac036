export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** The samples of a scrape in Prometheus' text format. */
export function readSamples(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', text = '']) => [label, text])
      return { name, labels: Object.fromEntries(pairs), value: Number(value) }
    })
}

/** The value of the one sample with this name and these labels; undefined when there is none, or more than one. */
export function readValue(samples: Sample[], name: string, labels: Record<string, string | undefined> = {}) {
  const wanted = Object.entries(labels)
  const found = samples.filter(
    (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
  )
  return found.length === 1 ? found[0]?.value : undefined
}
