import type { RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { CA, SECURE } from '../check/support/servers.ts'
import { startProxy } from '../databricks/support/https-proxy.ts'
import { createSigningKey, DISCOVERY, type IssuerSettings, JWKS, startIssuer } from '../support/token-issuer.ts'
import { know, type Settings } from './support/know.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

async function start(
  t: Test,
  { issuer: more = {}, env = {}, ...served }: IssuerSettings & { issuer?: object; env?: NodeJS.ProcessEnv } = {},
) {
  const issuer = await startIssuer(t, { now: () => knowing.clock.now(), ...served })
  const settings: Settings = {
    issuers: { corp: { issuer: issuer.url, audience: ['gateway'], ...more } },
    clients: { robot: { tokens: [{ issuer: 'corp', claims: { azp: 'robot' } }] } },
  }
  const knowing = await know(t, { ...settings, env })
  const sign: typeof issuer.sign = (claims, rest) => issuer.sign({ aud: 'gateway', azp: 'robot', ...claims }, rest)
  /** What a new token of the key comes to: the client, or the reason. */
  async function ask(key = issuer.keys[0]) {
    const known = await knowing.who(await sign({}, key ? { key } : {}))
    return 'caller' in known ? known.caller.name : known.reason
  }
  const fetches = (path = JWKS) => issuer.asked.filter((asked) => asked === path).length
  return { ...knowing, issuer, settings, sign, ask, fetches }
}

const answer =
  (status: number, body: string, headers = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(body)

t.test('keys that change: a new one is fetched once, an old one counts ten minutes at most', async (t) => {
  const { issuer, ask, fetches, clock } = await start(t)
  const [first] = issuer.keys
  t.equal(await ask(), 'robot')
  clock.advance(MINUTE)
  const second = await createSigningKey('second')
  issuer.keys = [second]
  t.same(await Promise.all(Array.from({ length: 20 }, () => ask())), Array(20).fill('robot'), 'twenty at once')
  t.equal(fetches(), 2, 'one fetch for all of them')
  t.equal(await ask(first), 'token_key', 'what the issuer has taken back')

  const third = await createSigningKey('third')
  issuer.keys = [third]
  clock.advance(10 * MINUTE - 1)
  t.equal(await ask(second), 'robot', 'not looked at again so far')
  clock.advance(1)
  t.equal(await ask(second), 'token_key', 'refused after ten minutes')
  t.equal(fetches(), 3)
  t.equal(fetches(DISCOVERY), 1, 'where the keys are is known')
})

t.test('whatever is sent, the issuer is asked once in half a minute', async (t) => {
  const { issuer, ask, fetches, clock } = await start(t)
  const stranger = await createSigningKey('nowhere')
  t.equal(await ask(), 'robot')
  for (let i = 0; i < 10; i++) t.equal(await ask({ ...stranger, kid: `guess-${i}` }), 'token_key')
  t.equal(fetches(), 1)
  clock.advance(30 * SECOND)
  for (let i = 0; i < 10; i++) t.equal(await ask({ ...stranger, kid: `guess-${i}` }), 'token_key')
  t.equal(fetches(), 2)
  t.equal(await ask(), 'robot', 'others go on')
  issuer.keys = [stranger]
  t.equal(await ask(), 'token_key', 'a key from the time since then')
  clock.advance(30 * SECOND)
  t.equal(await ask(), 'robot', 'is known half a minute later')
})

t.test('an issuer that cannot be asked', async (t) => {
  const { issuer, ask, fetches, clock, troubles } = await start(t)
  issuer.trouble = answer(500, 'no')
  t.equal(await ask(), 'issuer_unavailable', 'without any keys')
  t.equal(await ask(), 'issuer_unavailable')
  t.match(troubles, [/^corp: http:.*openid-configuration: its answer has the status 500$/])
  t.equal(troubles.length, 1, 'asked once, told once')
  issuer.trouble = undefined
  t.equal(await ask(), 'issuer_unavailable', 'until half a minute has passed')
  clock.advance(30 * SECOND)
  t.equal(await ask(), 'robot')

  issuer.trouble = answer(500, 'no')
  clock.advance(23 * HOUR)
  t.equal(await ask(), 'robot', 'what is known goes on')
  t.equal(await ask(await createSigningKey('new')), 'issuer_unavailable', 'a new key can be neither taken nor refused')
  clock.advance(HOUR)
  t.equal(await ask(), 'issuer_unavailable', 'for a day')
  issuer.trouble = undefined
  clock.advance(30 * SECOND)
  t.equal(await ask(), 'robot')
  t.equal(fetches(DISCOVERY), 4, 'where the keys are is looked up again after each failure')
})

const TROUBLES: [name: string, trouble: RequestListener, told: RegExp][] = [
  ['no JSON', answer(200, '<html>'), /no JSON$/],
  ['JSON of something else', answer(200, '[]'), /of another issuer, undefined$/],
  ['null', answer(200, 'null'), /of another issuer, undefined$/],
  ['a redirect', answer(302, '', { location: '/elsewhere' }), /status 302$/],
  ['too much', answer(200, `{"a":"${'x'.repeat(2 ** 20)}"}`), /larger than 512 KB$/],
  ['a connection that breaks', (request) => request.socket.destroy(), /: .*(closed|reset|hang up|ECONNRESET)/i],
  [
    'half an answer',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{', () => response.socket?.destroy())
    },
    /: /,
  ],
]
for (const [name, trouble, told] of TROUBLES) {
  t.test(`an issuer that answers with ${name}`, async (t) => {
    const { issuer, ask, troubles, clock } = await start(t)
    issuer.trouble = trouble
    t.equal(await ask(), 'issuer_unavailable')
    t.match(troubles, [told])
    t.same([...new Set(issuer.asked)], [DISCOVERY], 'nothing else is asked')
    issuer.trouble = undefined
    clock.advance(30 * SECOND)
    t.equal(await ask(), 'robot', 'and is well again')
  })
}

t.test('an issuer that answers too late', async (t) => {
  const { issuer, ask, clock, troubles } = await start(t)
  const asked = Promise.withResolvers<void>()
  issuer.trouble = () => asked.resolve()
  const asking = ask()
  await asked.promise
  clock.advance(5 * SECOND)
  t.equal(await asking, 'issuer_unavailable')
  t.match(troubles, [/no answer in 5 s$/])
})

t.test('keys that are none', async (t) => {
  for (const body of ['{}', '{"keys":{}}', '{"keys":[1]}', '"keys"', 'null']) {
    const { issuer, ask, troubles } = await start(t)
    issuer.trouble = (request, response) => {
      const url = new URL(JWKS, issuer.url).href
      response.end(request.url === JWKS ? body : JSON.stringify({ issuer: issuer.url, jwks_uri: url }))
    }
    t.equal(await ask(), 'issuer_unavailable', body)
    t.match(troubles, [/JSON Web Key Set malformed/], body)
  }
})

t.test(
  'a discovery document is believed only about its own issuer, and leads only to where nobody listens',
  async (t) => {
    const cases: [document: (url: string) => object, told: RegExp][] = [
      [(url) => ({ issuer: `${url}/`, jwks_uri: `${url}${JWKS}` }), /of another issuer/],
      [(url) => ({ issuer: 'https://login.example.com', jwks_uri: `${url}${JWKS}` }), /of another issuer/],
      [(url) => ({ issuer: url, jwks_uri: 'http://keys.example.com/' }), /no https address: "http:\/\/keys/],
      [(url) => ({ issuer: url, jwks_uri: 'http://127.0.0.1:1/' }), /no https address/],
      [(url) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' }), /no https address/],
      [(url) => ({ issuer: url, jwks_uri: 7 }), /no https address: 7/],
      [(url) => ({ issuer: url }), /no https address: undefined/],
    ]
    for (const [document, told] of cases) {
      const { issuer, ask, troubles } = await start(t)
      issuer.trouble = (_request, response) => void response.end(JSON.stringify(document(issuer.url)))
      t.equal(await ask(), 'issuer_unavailable')
      t.match(troubles, [told])
      t.same(issuer.asked, [DISCOVERY])
    }
  },
)

t.test('jwks_url needs no discovery, and an issuer that is no address will do', async (t) => {
  const issuer = await startIssuer(t, { now: () => knowing.clock.now() })
  const knowing = await know(t, {
    issuers: { old: { issuer: 'corp-sso', jwks_url: `${issuer.url}${JWKS}`, audience: ['gateway'] } },
    clients: { robot: { tokens: [{ issuer: 'old', claims: { sub: 'robot' } }] } },
  })
  const token = await issuer.sign({ iss: 'corp-sso', aud: 'gateway', sub: 'robot' })
  t.match(await knowing.who(token), { caller: { name: 'robot' } })
  t.same(issuer.asked, [JWKS])
})

t.test('through a proxy with credentials and TLS of a private CA, for both documents', async (t) => {
  const issuer = await startIssuer(t, { tls: SECURE, origin: 'https://workspace.test' })
  const proxy = await startProxy(t, issuer.port)
  const through = { url: proxy.url, user: 'gateway', password: { env: 'PROXY_PASSWORD' } }
  const env: NodeJS.ProcessEnv = { PROXY_PASSWORD: 'first of all' }
  const clients = { robot: { tokens: [{ issuer: 'corp', claims: { azp: 'robot' } }] } }
  const corp = { issuer: issuer.url, audience: ['gateway'], proxy: through }
  const trusting = await know(t, { issuers: { corp: { ...corp, ca: CA } }, clients, env })
  const sign = () =>
    issuer.sign({
      aud: 'gateway',
      azp: 'robot',
      exp: trusting.clock.now() / 1000 + 300,
      iat: undefined,
      nbf: undefined,
    })
  t.match(await trusting.who(await sign()), { caller: { name: 'robot' } })
  t.same(issuer.asked, [DISCOVERY, JWKS])
  t.same(proxy.asked, ['workspace.test:443', 'workspace.test:443'])
  t.same(new Set(proxy.authorization), new Set([`Basic ${btoa('gateway:first of all')}`]))

  const strict = await know(t, { issuers: { corp }, clients, env })
  t.match(await strict.who(await sign()), { reason: 'issuer_unavailable' }, 'without the CA')
  t.match(strict.troubles, [/certificate/])
})

t.test('keys outlive a reload that leaves the issuer alone', async (t) => {
  const { issuer, ask, use, settings, fetches } = await start(t)
  t.equal(await ask(), 'robot')
  const renamed = { renamed: { id: 'robot', ...settings.clients['robot'] } }
  await use({ ...settings, clients: renamed })
  t.equal(await ask(), 'renamed')
  t.equal(fetches(), 1)
  const { corp } = settings.issuers
  await use({ ...settings, issuers: { other: { issuer: 'https://example.com', audience: ['x'] }, corp: { ...corp } } })
  t.equal(await ask(), 'robot')
  t.equal(fetches(), 1, 'nor when another one comes')
  await use({ ...settings, issuers: { corp: { ...corp, audience: ['another'] } } })
  t.equal(await ask(), 'token_audience', 'the new audience counts at once')
  t.equal(fetches(), 2, 'and the keys are asked for anew')
  t.equal(issuer.keys.length, 1)
})
