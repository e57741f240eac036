import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type Manifest, run } from './helm.ts'

/** Not the command `tsc`: it is a module without an extension, which the loader that tap adds cannot read. */
const TSC = fileURLToPath(new URL('./tsc.js', import.meta.resolve('typescript')))

const PACKAGES: Record<string, string> = { 'monitoring.coreos.com': '@kubernetes-models/prometheus-operator' }

/**
 * Whether Kubernetes (or the Prometheus operator) would take each of them, by its own API's types: unknown fields,
 * missing ones, values of another type or set. Undefined, or what is wrong.
 */
export function refusalOf(t: Test, manifests: readonly Manifest[]): string | undefined {
  const lines = manifests.map((manifest, i) => {
    const { apiVersion, kind } = manifest
    const from = `${PACKAGES[apiVersion.split('/')[0] ?? ''] ?? 'kubernetes-models'}/${apiVersion}`
    // One line each, so that a complaint can be read back to its object.
    return `export const ${kind}${i}: import('${from}').I${kind} = ${JSON.stringify(manifest)}`
  })
  const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', skipLibCheck: true, types: [] }
  const folder = t.testdir({
    'manifests.ts': lines.join('\n'),
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['manifests.ts'] }),
  })
  const { status, stdout } = run(process.execPath, [
    TSC,
    '--project',
    join(folder, 'tsconfig.json'),
    '--pretty',
    'false',
  ])
  if (status === 0) return undefined
  return stdout.replace(/^.*manifests\.ts\((\d+),\d+\)/gm, (_, line) => {
    const { kind, metadata } = manifests[Number(line) - 1] ?? {}
    return `${kind} ${metadata?.name}`
  })
}
