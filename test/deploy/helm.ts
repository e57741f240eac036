import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, stringify } from 'yaml'

export const CHART = fileURLToPath(new URL('../../helm/databricks-job-gateway/', import.meta.url))

/** Values to start from, one file a way to run the gateway. */
export const EXAMPLES = globSync('examples/*.yaml', { cwd: CHART }).sort()

/** What makes the chart install at all, with nothing else chosen. */
export const LEAST = {
  image: { repository: 'registry.example.com/databricks-job-gateway' },
  config: {
    server: { instance: 'test' },
    workspaces: { main: { host: 'https://adb-1.azuredatabricks.net', auth: { type: 'pat', token: { env: 'TOKEN' } } } },
  },
}

/** Why the tests that need the tool are skipped, or false. In CI none may be. */
export function whyWithout(tool: 'helm' | 'promtool'): string | false {
  if (!spawnSync(tool, ['--help']).error) return false
  if (process.env['CI']) throw new Error(`${tool} is not on PATH, and CI has to run its tests`)
  return `${tool} is not on PATH`
}

export function run(program: string, args: readonly string[], input?: string) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: CHART, input })
  return { status, stdout, stderr }
}

/** An object of Kubernetes, as far as every kind has the same fields. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> }
  spec?: object
  data?: Record<string, string>
}

/** `helm template` in a namespace, with the values of a file or of an object. */
export function template(values: string | object, chart = '.') {
  const [file, input] = typeof values === 'string' ? [values] : ['-', stringify(values)]
  return run('helm', ['template', 'gateway', chart, '--namespace', 'jobs', '--values', file], input)
}

/** What an install with these values sends to the cluster, hooks included. */
export function render(values: string | object): Manifest[] {
  const { status, stdout, stderr } = template(values)
  if (status !== 0) throw new Error(stderr)
  // As Kubernetes reads it: 0440 is octal.
  return parseAllDocuments(stdout, { version: '1.1' })
    .map((document) => document.toJS())
    .filter((manifest) => manifest !== null)
}

/** By kind and name; what every name of the release begins with is left out. */
export function index(manifests: readonly Manifest[]): Record<string, Manifest> {
  const nameOf = ({ kind, metadata }: Manifest) =>
    `${kind} ${metadata.name.replace(/^(gateway-databricks-)?job-gateway-?/, '') || 'itself'}`
  return Object.fromEntries(manifests.map((manifest) => [nameOf(manifest), manifest]))
}
