import t from 'tap'
import { index, LEAST, type Manifest, render, whyWithout } from './helm.ts'
import { podsOf } from './pods.ts'

const skip = whyWithout('helm')

type Labels = Record<string, string>

/** What the object selects others by; nothing selects all. */
function selectorOf(manifest: Manifest | undefined): Labels {
  const { selector, podSelector } = (manifest?.spec ?? {}) as {
    selector?: Labels | { matchLabels: Labels }
    podSelector?: { matchLabels: Labels }
  }
  const { matchLabels = selector } = podSelector ?? selector ?? {}
  return matchLabels as Labels
}

function selects(manifest: Manifest | undefined, labels: Labels): boolean {
  return Object.entries(selectorOf(manifest)).every(([key, value]) => labels[key] === value)
}

t.test('what selects pods selects the gateways, and neither check nor test', { skip }, async (t) => {
  const manifests = render('examples/everything.yaml')
  const objects = index(manifests)
  const selecting = ['Deployment itself', 'Service itself', 'Service metrics', 'PodDisruptionBudget itself']
  for (const name of [...selecting, 'NetworkPolicy itself']) {
    const found = podsOf(manifests).filter(({ labels }) => selects(objects[name], labels))
    t.same(
      found.map(({ kind }) => kind),
      ['Deployment'],
      name,
    )
  }
})

t.test('the metrics are scraped as they are, on their own service', { skip }, async (t) => {
  const manifests = render('examples/everything.yaml')
  const monitor = index(manifests)['ServiceMonitor itself']
  t.match(monitor, {
    metadata: { labels: { release: 'prometheus' } },
    spec: { endpoints: [{ port: 'metrics', honorLabels: true, interval: '15s' }] },
  })
  const services = manifests.filter(({ kind, metadata }) => kind === 'Service' && selects(monitor, metadata.labels))
  t.same(
    services.map(({ metadata }) => metadata.name),
    ['job-gateway-metrics'],
  )
})

t.test('the ingress has the name of public_url, unless it has its own', { skip }, async (t) => {
  const rules = (ingress: object) => {
    const config = { ...LEAST.config, server: { instance: 'test', public_url: 'https://jobs.example.com:8443/x' } }
    return index(render({ ...LEAST, config, ingress: { enabled: true, ...ingress } }))['Ingress itself']
  }
  t.match(rules({}), { spec: { rules: [{ host: 'jobs.example.com' }], tls: undefined } })
  t.match(rules({ host: 'other.example.com', tlsSecret: 'certificate' }), {
    spec: {
      rules: [{ host: 'other.example.com' }],
      tls: [{ hosts: ['other.example.com'], secretName: 'certificate' }],
    },
  })
})

t.test('the network policy names who comes in, and where a gateway may go', { skip }, async (t) => {
  const test = { podSelector: { matchLabels: { 'app.kubernetes.io/component': 'test' } } }
  t.match(index(render('examples/everything.yaml'))['NetworkPolicy itself'], {
    spec: {
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: [{ port: 'http' }], from: [{ namespaceSelector: {} }, { ipBlock: { cidr: '10.20.0.0/16' } }, test] },
        { ports: [{ port: 'metrics' }], from: [{ namespaceSelector: {} }] },
      ],
      egress: [
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
        { ports: [{ port: 3128 }], to: [{ ipBlock: { cidr: '10.30.0.10/32' } }] },
        { ports: [{ port: 6432 }, { port: 5432 }], to: [{ ipBlock: { cidr: '10.40.0.0/24' } }] },
        { ports: [{ port: 4318 }], to: [{ namespaceSelector: {} }] },
      ],
    },
  })
})

t.test(
  'a network policy without names: the ports alone, and none to a database that is a file',
  { skip },
  async (t) => {
    const policy = index(render({ ...LEAST, networkPolicy: { enabled: true } }))['NetworkPolicy itself']
    t.same(policy?.spec, {
      podSelector: { matchLabels: selectorOf(policy) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port: 'http' }] }, { ports: [{ port: 'metrics' }] }],
      egress: [
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 53, protocol: 'TCP' },
          ],
        },
        { ports: [{ port: 443 }] },
      ],
    })
  },
)
