import fc from 'fast-check'
import t from 'tap'
import { EnvHttpProxyAgent, Pool } from 'undici'
import { describeWayOut, findWayOut } from '../../src/check/way-out.ts'
import type { ProxyConfig } from '../../src/config/schema/network.ts'

const HTTPS_PROXY = 'http://user:pw@proxy.test:3128'
const host = 'https://adb-1.7.azuredatabricks.net'

function find(env: NodeJS.ProcessEnv, workspace: { host?: string; proxy?: ProxyConfig } = {}) {
  return findWayOut('main', { host, ...workspace }, env)
}

t.test('what decides the way out is told, and no password', async (t) => {
  const cases: [ReturnType<typeof find>, string][] = [
    [find({}), 'direct'],
    [find({ HTTPS_PROXY }), 'through the proxy http://proxy.test:3128 (HTTPS_PROXY)'],
    [
      find({ https_proxy: HTTPS_PROXY, HTTPS_PROXY: 'http://other.test' }),
      'through the proxy http://proxy.test:3128 (HTTPS_PROXY)',
    ],
    [find({ HTTPS_PROXY, NO_PROXY: 'azuredatabricks.net' }), 'direct (NO_PROXY names the host)'],
    [find({ HTTPS_PROXY }, { host: 'http://127.0.0.1:8181' }), 'direct'],
    [
      find({ HTTPS_PROXY, NO_PROXY: '*' }, { proxy: { url: 'http://own.test:1' } }),
      'through the proxy http://own.test:1 (workspaces.main.proxy)',
    ],
  ]
  for (const [way, message] of cases) {
    if ('problem' in way) throw new Error(way.problem.message)
    t.match(describeWayOut(way), { status: 'ok', message })
  }
})

t.test('user and password of the proxy go along, however they are spelled', async (t) => {
  const proxy = { url: 'http://own.test:1', user: 'a@b', password: { env: 'SECRET' } }
  const way = find({ SECRET: 'p%40/:ss' }, { proxy })
  if ('problem' in way) throw new Error(way.problem.message)
  const { username = '', password = '' } = way.proxy ?? {}
  t.strictSame([username, password].map(decodeURIComponent), ['a@b', 'p%40/:ss'])
  t.match(describeWayOut(way), { message: 'through the proxy http://own.test:1 (workspaces.main.proxy)' })
})

t.test('a proxy without its scheme is found out, and not shown', async (t) => {
  for (const HTTPS_PROXY of ['user:pw@proxy.test:3128', 'proxy.test:3128', '//proxy.test']) {
    const way = find({ HTTPS_PROXY })
    if (!('problem' in way)) throw new Error(`${HTTPS_PROXY} was taken`)
    t.equal(way.problem.code, 'proxy-address')
    t.notMatch(JSON.stringify(way), 'pw@')
  }
})

/** What undici itself decides: it gets no farther than to the connection. */
async function askUndici(origin: string, noProxy: string): Promise<'direct' | 'proxy'> {
  const refuse = (word: string) => ({
    connect: (_: unknown, callback: (error: Error, socket: null) => void) => callback(new Error(word), null),
  })
  const agent = new EnvHttpProxyAgent({
    httpProxy: '',
    httpsProxy: 'http://proxy.test:3128',
    noProxy,
    ...refuse('direct'),
    clientFactory: (url) => new Pool(url, refuse('proxy')),
  })
  const error: unknown = await agent.request({ origin, path: '/', method: 'GET' }).catch((error: unknown) => error)
  await agent.destroy()
  return error instanceof Error && error.message === 'direct' ? 'direct' : 'proxy'
}

t.test('NO_PROXY is read as the client reads it', async () => {
  const name = fc.constantFrom(
    'example.com',
    'a.example.com',
    'b.a.example.com',
    'xexample.com',
    'com',
    '10.0.0.1',
    '[::1]',
    'EXAMPLE.com',
    'example.com.',
  )
  const port = fc.constantFrom('', ':443', ':8443')
  const entry = fc.tuple(fc.constantFrom('', '.', '*.', '*'), name, port).map((parts) => parts.join(''))
  const noProxy = fc
    .tuple(
      fc.array(fc.oneof(entry, fc.constantFrom('*', '*:8443', '')), { maxLength: 3 }),
      fc.constantFrom(',', ' ', ', '),
    )
    .map(([entries, comma]) => entries.join(comma))
  await fc.assert(
    fc.asyncProperty(name, port, noProxy, async (name, port, NO_PROXY) => {
      const origin = new URL(`https://${name}${port}`).origin
      const way = find({ HTTPS_PROXY, NO_PROXY }, { host: origin })
      const found = 'problem' in way ? 'problem' : way.proxy ? 'proxy' : 'direct'
      return found === (await askUndici(origin, NO_PROXY))
    }),
    { numRuns: 300 },
  )
})
