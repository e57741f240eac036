import t from 'tap'
import { EXAMPLES, index, LEAST, render, whyWithout } from './helm.ts'
import { podsOf } from './pods.ts'

const skip = whyWithout('helm')

t.test('on SQLite: one process, and its claim', { skip }, async (t) => {
  const objects = index(render('examples/sqlite.yaml'))
  t.match(objects['Deployment itself'], {
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate', rollingUpdate: undefined },
      template: {
        spec: {
          volumes: [{}, {}, {}, { persistentVolumeClaim: { claimName: 'gateway-databricks-job-gateway-data' } }],
        },
      },
    },
  })
  t.match(objects['PersistentVolumeClaim data'], {
    metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '8Gi' } }, storageClassName: undefined },
  })
  t.notOk(objects['PodDisruptionBudget itself'], 'a node with the only one can be drained')
})

t.test('on PostgreSQL: two, of which none goes before another has come', { skip }, async (t) => {
  const objects = index(render('examples/postgres.yaml'))
  t.match(objects['Deployment itself'], {
    spec: { replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
  })
  t.match(objects['PodDisruptionBudget itself'], { spec: { maxUnavailable: 1 } })
  t.notOk(objects['PersistentVolumeClaim data'])
})

t.test('another number of replicas', { skip }, async (t) => {
  const deployment = (values: object) => index(render(values))['Deployment itself']
  t.match(deployment({ ...LEAST, replicas: 0 }), { spec: { replicas: 0 } }, 'stopped, for a backup')
  const config = { ...LEAST.config, ledger: { url: 'postgres://gateway@db/gateway' } }
  t.match(deployment({ ...LEAST, config, replicas: 5 }), { spec: { replicas: 5 } })
})

t.test('a pod is given the time that its drain and its last answers take', { skip }, async (t) => {
  const grace = (server: object) => {
    const config = { ...LEAST.config, server: { instance: 'test', ...server } }
    return podsOf(render({ ...LEAST, config }))[0]?.spec.terminationGracePeriodSeconds
  }
  t.equal(grace({}), 10 + 2 * 9 + 15)
  t.equal(grace({ drain_seconds: 0 }), 2 * 9 + 15)
  t.equal(grace({ drain_seconds: 20.2, trigger_timeout_seconds: 12.5 }), 63)
})

for (const example of EXAMPLES) {
  t.test(`${example}: every pod is restricted, and follows its ConfigMaps and Secrets`, { skip }, async (t) => {
    const pods = podsOf(render(example))
    t.same(pods.map(({ kind }) => kind).sort(), ['Deployment', 'Job', 'Pod'])
    // The profile `restricted` of Kubernetes' Pod Security Standards, and a root that nobody writes.
    const restricted = {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    }
    for (const { kind, spec } of pods) {
      t.match(spec, restricted, kind)
      for (const { mountPath, subPath } of spec.containers[0].volumeMounts ?? []) t.notOk(subPath, mountPath)
    }
  })
}

t.test('a new configuration rolls the pods; jobs and clients do not, nor does anything else', { skip }, async (t) => {
  const checksum = (more: object) => podsOf(render({ ...LEAST, ...more }))[0]?.annotations['checksum/configuration']
  t.match(checksum({}), /^[0-9a-f]{64}$/)
  t.equal(checksum({ podLabels: { a: 'b' } }), checksum({}))
  t.equal(checksum({ catalogue: { 'a.yaml': 'jobs: {}' } }), checksum({}))
  t.not(checksum({ config: { ...LEAST.config, watch: { min_interval_seconds: 1 } } }), checksum({}))
})

t.test('with a certificate of its own the gateway is asked by https', { skip }, async (t) => {
  const gateway = (tls: object) => {
    const server = { ...LEAST.config.server, ...tls }
    return podsOf(render({ ...LEAST, config: { ...LEAST.config, server } }))[0]?.spec.containers[0]
  }
  const by = (scheme: string) => ({
    startupProbe: { httpGet: { scheme } },
    livenessProbe: { httpGet: { scheme } },
    readinessProbe: { httpGet: { scheme } },
  })
  const file = (name: string) => ({ file: `/run/secrets/tls/tls.${name}` })
  t.match(gateway({ tls: { certificate: file('crt'), key: file('key') } }), by('HTTPS'))
  t.match(gateway({}), by('HTTP'))
})

t.test('every pod has the image', { skip }, async (t) => {
  const images = (image: object) =>
    podsOf(render({ ...LEAST, image: { ...LEAST.image, ...image } })).map(({ spec }) => spec.containers[0].image)
  const { repository } = LEAST.image
  const digest = `sha256:${'0'.repeat(64)}`
  t.same(images({}), Array(3).fill(`${repository}:0.1.0`))
  t.same(images({ tag: 'main' }), Array(3).fill(`${repository}:main`))
  t.same(images({ tag: 'main', digest }), Array(3).fill(`${repository}@${digest}`))
})

t.test('what is switched off is not there', { skip }, async (t) => {
  const off = { enabled: false }
  const values = { ...LEAST, metrics: off, check: off, serviceAccount: { create: false } }
  const kinds = render(values).map(({ kind }) => kind)
  t.same(kinds.sort(), ['ConfigMap', 'ConfigMap', 'Deployment', 'PersistentVolumeClaim', 'Pod', 'Service'])

  const claimed = render({ ...LEAST, persistence: { existingClaim: 'runs' } })
  t.notOk(index(claimed)['PersistentVolumeClaim data'])
  t.match(podsOf(claimed)[0]?.spec.volumes?.at(-1), { persistentVolumeClaim: { claimName: 'runs' } })
})
