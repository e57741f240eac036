import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { runProgram } from '../support/program.ts'
import { EXAMPLES, LEAST, type Manifest, render, whyWithout } from './helm.ts'
import { type Pod, podsOf } from './pods.ts'

const skip = whyWithout('helm')

/** Where the container's absolute paths are on this machine: a folder of the test. */
function mount(t: Test, pod: Pod, manifests: readonly Manifest[]): string {
  const root = t.testdir({ data: {} })
  const moved = (text: string) => text.replaceAll(/(?<=[ :])\/(run|data)\//g, `${root}/$1/`)
  const [{ volumeMounts = [] }] = pod.spec.containers
  for (const { name, mountPath } of volumeMounts) {
    const volume = pod.spec.volumes?.find((volume) => volume.name === name)
    const map = manifests.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume?.configMap?.name,
    )
    const folder = join(root, mountPath)
    mkdirSync(folder, { recursive: true })
    // As the kubelet does it: the files are links into a version, which is replaced as a whole.
    mkdirSync(join(folder, '..1'))
    symlinkSync('..1', join(folder, '..data'))
    for (const [file, text] of Object.entries(map?.data ?? {})) {
      writeFileSync(join(folder, '..1', file), moved(text))
      symlinkSync(join('..data', file), join(folder, file))
    }
  }
  // Of what is in Secrets and in ConfigMaps of others, only the place is known.
  const config = manifests.map((manifest) => JSON.stringify(manifest.data ?? {})).join()
  for (const [file] of config.matchAll(/(?<=file: )\/run\/[^\s"\\]+/g)) {
    if (volumeMounts.some(({ mountPath }) => dirname(file) === mountPath)) writeFileSync(join(root, file), 'secret')
  }
  return root
}

for (const example of EXAMPLES) {
  t.test(`${example}: the pod that comes first finds nothing wrong`, { skip }, async (t) => {
    const manifests = render(example)
    const pod = podsOf(manifests).find(({ kind }) => kind === 'Job')
    t.ok(pod)
    if (!pod) return
    const root = mount(t, pod, manifests)
    const [{ args, env = [] }] = pod.spec.containers
    const { GATEWAY_CONFIG = '', ...others } = Object.fromEntries(
      env.map(({ name, value = 'http://proxy.example.com:3128' }) => [name, value]),
    )
    const checked = await runProgram(t, args, { env: { ...others, GATEWAY_CONFIG: join(root, GATEWAY_CONFIG) } })
    t.equal(checked.code, 0, checked.stdout + checked.stderr)
    t.match(checked.stdout, /✔ configuration +1 workspace, 1 job, 1 client/)
  })
}

t.test('the gateway gets what the hook looked at', { skip }, async (t) => {
  const manifests = render('examples/everything.yaml')
  const data = (name: string) =>
    manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name)?.data
  t.same(data('job-gateway-config'), data('job-gateway-check-config'))
  t.same(data('job-gateway-catalogue'), data('job-gateway-check-catalogue'))
  const [gateway, check] = ['Deployment', 'Job'].map((kind) => podsOf(manifests).find((pod) => pod.kind === kind))
  t.same(gateway?.spec.containers[0].volumeMounts, check?.spec.containers[0].volumeMounts)
  t.same(gateway?.spec.containers[0].env, check?.spec.containers[0].env)
})

t.test(
  'hooks: the configuration before the job that reads it, and nothing is left of what went well',
  { skip },
  async (t) => {
    const hooks = render('examples/sqlite.yaml')
      .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'pre-install,pre-upgrade')
      .map(({ kind, metadata }) => [
        kind,
        metadata.annotations?.['helm.sh/hook-weight'],
        metadata.annotations?.['helm.sh/hook-delete-policy'],
      ])
    const deleted = 'before-hook-creation,hook-succeeded'
    t.same(hooks.sort(), [
      ['ConfigMap', '-1', deleted],
      ['ConfigMap', '-1', deleted],
      ['Job', '0', deleted],
    ])
  },
)

t.test('what Helm reads stays what it was', { skip }, async (t) => {
  const yaml = (values: object) => {
    const [map] = render({ ...LEAST, ...values }).filter(({ metadata }) => metadata.name.endsWith('gateway-config'))
    return parse(map?.data?.['gateway.yaml'] ?? '')
  }
  t.match(yaml({}), { server: { port: 8080, metrics_port: 9090 }, include: ['../catalogue/*.yaml'] })
  t.equal(yaml({ metrics: { enabled: false } }).server.metrics_port, null)
  const server = { instance: 'test', drain_seconds: 0.5, max_wait_seconds: 3600 }
  t.match(yaml({ config: { ...LEAST.config, server } }), { server })

  // A mapping would come back sorted by name.
  const text = 'jobs:\n  load:\n    parameters: # in this order\n      b: {}\n      a: {}\n'
  const [catalogue] = render({ ...LEAST, catalogue: { 'load.yaml': text } }).filter(({ metadata }) =>
    metadata.name.endsWith('gateway-catalogue'),
  )
  t.same(catalogue?.data, { 'load.yaml': text })
})
