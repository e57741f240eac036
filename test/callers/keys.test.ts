import fc from 'fast-check'
import t, { type Test } from 'tap'
import { createAuthentication } from '../../src/callers/authenticate.ts'
import type { CredentialHeaders } from '../../src/callers/credentials.ts'
import { systemClock } from '../../src/clock.ts'
import { hashKey } from '../../src/config/key-hash.ts'
import type { ClientConfig } from '../../src/config/schema/clients.ts'
import { GENEROUS_LIMITS } from '../support/generous-limits.ts'

const OLD = 'gw_the-old-key-of-control-m'
const NEW = 'gw_the-new-key-of-control-m'
const OTHER = 'gw_the-key-of-another-client'

function client(config: Partial<ClientConfig>): ClientConfig {
  const nothing = { keys: [], tokens: [], codes: {}, limits: GENEROUS_LIMITS }
  return { id: 'id', profile: 'generic', jobs: ['*'], permissions: ['read'], ...nothing, ...config }
}

/** By keys alone, so nobody has to be asked. */
const authenticationOf = createAuthentication({
  createFetchKeys: () => unused,
  clock: systemClock,
  onTrouble: unused,
})
const createAuthenticate = (clients: Record<string, ClientConfig>) => authenticationOf({ clients, issuers: {} })

function unused(): never {
  throw new Error('no issuer is known')
}

const authenticate = createAuthenticate({
  'control-m': client({
    id: 'scheduler',
    keys: [hashKey(OLD), hashKey(NEW)],
    jobs: ['nightly-*'],
    permissions: ['trigger', 'read'],
  }),
  other: client({ id: 'other', keys: [hashKey(OTHER)] }),
})

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

async function isCaller(t: Test, headers: CredentialHeaders, name: string) {
  const answer = await authenticate(headers)
  t.equal('caller' in answer ? answer.caller.name : answer.reason, name)
}

t.test('a key is taken from each of the three places', async (t) => {
  await isCaller(t, { 'x-api-key': OLD }, 'control-m')
  await isCaller(t, { 'x-api-key': ` ${OLD} ` }, 'control-m')
  await isCaller(t, { 'x-api-key': [OLD, OLD] }, 'control-m')
  await isCaller(t, { authorization: `Bearer ${OLD}` }, 'control-m')
  await isCaller(t, { authorization: `bearer  ${OLD}` }, 'control-m')
  await isCaller(t, { authorization: basic('control-m', OLD) }, 'control-m')
})

t.test('both live keys are taken, and told apart by their id', async (t) => {
  for (const key of [OLD, NEW]) {
    const id = hashKey(key).slice('sha256:'.length, 'sha256:'.length + 8)
    t.match(await authenticate({ 'x-api-key': key }), { caller: { key_id: id } })
  }
})

t.test('a caller has the id, permissions and jobs of its configuration', async (t) => {
  const answer = await authenticate({ 'x-api-key': OLD })
  if (!('caller' in answer)) throw new Error(answer.reason)
  const { caller } = answer
  t.equal(caller.id, 'scheduler')
  t.same([caller.may('trigger'), caller.may('read'), caller.may('admin')], [true, true, false])
  t.same([caller.sees('nightly-load'), caller.sees('hourly-load')], [true, false])
})

t.test('the same key in two places is one credential', async (t) => {
  await isCaller(t, { 'x-api-key': OLD, authorization: `Bearer ${OLD}` }, 'control-m')
  await isCaller(t, { 'x-api-key': OLD, authorization: basic('control-m', OLD) }, 'control-m')
})

t.test('no credential at all is missing, also when a header is sent empty', async (t) => {
  for (const headers of [{}, { 'x-api-key': '' }, { 'x-api-key': ['', ' '] }, { authorization: ' ' }])
    t.same(await authenticate(headers), { reason: 'missing' })
})

t.test('a key that nobody has is unknown', async (t) => {
  t.same(await authenticate({ 'x-api-key': 'guess' }), { reason: 'unknown_key' })
  t.same(await authenticate({ 'x-api-key': hashKey(OLD) }), { reason: 'unknown_key' }, 'the hash is not the key')
  t.same(await authenticate({ 'x-api-key': OLD.toUpperCase() }), { reason: 'unknown_key' })
})

t.test('the user name of Basic must be that of the client', async (t) => {
  for (const user of ['other', 'CONTROL-M', 'scheduler', ''])
    t.same(await authenticate({ authorization: basic(user, OLD) }), { reason: 'unknown_key' }, `user "${user}"`)
  t.same(
    await authenticate({ authorization: basic('other', OLD), 'x-api-key': OLD }),
    { reason: 'unknown_key' },
    'also beside X-API-Key',
  )
})

const MALFORMED: [name: string, headers: CredentialHeaders][] = [
  ['two different keys', { 'x-api-key': OLD, authorization: `Bearer ${OTHER}` }],
  ['two different X-API-Key', { 'x-api-key': [OLD, OTHER] }],
  ['a scheme of another kind', { authorization: `Digest ${OLD}` }],
  ['a scheme of another kind beside a key', { 'x-api-key': OLD, authorization: 'Negotiate abc' }],
  ['a key without a scheme', { authorization: OLD }],
  ['a scheme without a key', { authorization: 'Bearer' }],
  ['Basic that is no base64', { authorization: 'Basic control-m:key' }],
  ['Basic without a colon', { authorization: `Basic ${Buffer.from('control-m').toString('base64')}` }],
  ['Basic without a password', { authorization: basic('control-m', '') }],
]

for (const [name, headers] of MALFORMED) {
  t.test(`malformed: ${name}`, async (t) => {
    t.same(await authenticate(headers), { reason: 'malformed' })
  })
}

t.test('a key counts as the bytes that were sent', async (t) => {
  const key = 'clé:with:colons'
  const own = createAuthenticate({ own: client({ keys: [hashKey(key)] }) })
  const asNodeReadsIt = Buffer.from(key).toString('latin1')
  t.match(await own({ 'x-api-key': asNodeReadsIt }), { caller: { name: 'own' } })
  t.match(await own({ authorization: basic('own', key) }), { caller: { name: 'own' } })
})

t.test('keys of which the hashes begin alike are told apart', async (t) => {
  const hex = hashKey(OLD).slice('sha256:'.length)
  const alike = `sha256:${hex.slice(0, 8)}${'0'.repeat(56)}`
  const own = createAuthenticate({ first: client({ keys: [alike] }), second: client({ keys: [hashKey(OLD)] }) })
  t.match(await own({ 'x-api-key': OLD }), { caller: { name: 'second' } })
})

t.test('a hash counts in whatever case it was written', async (t) => {
  const hash = hashKey(OLD).replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase())
  const own = createAuthenticate({ own: client({ keys: [hash] }) })
  t.match(await own({ 'x-api-key': OLD }), { caller: { name: 'own' } })
})

t.test('whatever is sent, only a known key makes a caller', async () => {
  const header = fc.option(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `Bearer ${text}`),
    ),
    {
      nil: undefined,
    },
  )
  const key = fc.option(fc.oneof(fc.string(), fc.array(fc.string())), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(header, key, async (authorization, key) => {
      return 'reason' in (await authenticate({ authorization, 'x-api-key': key }))
    }),
  )
})
