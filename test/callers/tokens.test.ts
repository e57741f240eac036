import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, exportSPKI, importJWK, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import { type Claims, createSigningKey, startIssuer, type TokenIssuer } from '../support/token-issuer.ts'
import { know, type Settings } from './support/know.ts'

type Sign = TokenIssuer['sign']

/** A gateway with one issuer and one caller, and tokens of that caller. */
async function start(
  t: Test,
  { issuer: more = {}, clients = {} }: { issuer?: object; clients?: Settings['clients'] } = {},
) {
  const issuer = await startIssuer(t, { now: () => knowing.clock.now() })
  const robot = { tokens: [{ issuer: 'corp', claims: { azp: 'robot' } }] }
  const knowing = await know(t, {
    issuers: { corp: { issuer: issuer.url, audience: ['gateway', 'api://gateway'], ...more } },
    clients: { robot, ...clients },
  })
  const sign: Sign = (claims, settings) =>
    issuer.sign({ aud: 'gateway', azp: 'robot', sub: 'subject-1', ...claims }, settings)
  return { issuer, sign, ...knowing }
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

t.test('a good token is its client; the log may say whose and which it is', async (t) => {
  const { issuer, sign, who } = await start(t)
  t.match(await who(await sign()), { caller: { name: 'robot', id: 'robot', key_id: 'corp:subject-1' } })
  t.match(
    await who(await sign({ aud: ['other', 'api://gateway'] })),
    { caller: { name: 'robot' } },
    'one audience of many',
  )
  for (const typ of ['at+jwt', 'application/at+jwt', 'jwt', undefined])
    t.match(await who(await sign({}, { header: { typ } })), { caller: { name: 'robot' } }, `typ ${typ}`)
  t.match(await who(await sign({ sub: undefined })), { caller: { key_id: 'corp:robot' } }, 'without a subject')
  const odd = await who(await sign({ sub: `x\n\u202e "${'é'.repeat(300)}` }))
  t.match(odd, { caller: { key_id: /^corp:x[\x21-\x7e]{144}$/ } }, 'a subject that is not fit for a log')
  t.equal(issuer.asked.length, 2, 'one document, one set of keys, when first needed')
})

t.test('refused, each with its reason', async (t) => {
  const { issuer, sign, who, clock } = await start(t, {
    clients: {
      reader: { tokens: [{ issuer: 'corp', claims: { azp: 'reader', vip: true } }] },
      group: { tokens: [{ issuer: 'corp', claims: { groups: 'g-1' } }] },
    },
  })
  const [key] = issuer.keys
  if (!key) throw new Error('no key')
  const seconds = clock.now() / 1000
  const token = await sign()
  const [head = '', body = '', signature = ''] = token.split('.')
  const stranger = await createSigningKey('first')
  const unknown = await createSigningKey('unknown')
  const publicKey = await importJWK(key.jwk)
  if (publicKey instanceof Uint8Array) throw new Error('no key')
  const spki = new TextEncoder().encode(await exportSPKI(publicKey))
  const confused = new SignJWT({ iss: issuer.url, aud: 'gateway', azp: 'robot', exp: seconds + 300 })
  const none = { alg: 'none', typ: 'JWT' }

  const cases: [name: string, token: string, reason: string][] = [
    ['alg none', `${part(none)}.${body}.`, 'token_algorithm'],
    ['alg none, with a signature', `${part(none)}.${body}.${signature}`, 'token_algorithm'],
    [
      'HMAC with the public key as secret',
      await confused.setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(spki),
      'token_algorithm',
    ],
    [
      'an algorithm that is not configured',
      await sign({}, { header: { alg: 'RS512' }, key: await createSigningKey('first', 'RS512') }),
      'token_algorithm',
    ],
    ['another audience', await sign({ aud: 'other' }), 'token_audience'],
    ['other audiences', await sign({ aud: ['other', 'gateway2'] }), 'token_audience'],
    ['no audience', await sign({ aud: undefined }), 'token_audience'],
    ['another issuer', await sign({ iss: 'https://login.example.com' }), 'token_issuer'],
    ['nearly the issuer', await sign({ iss: `${issuer.url}/` }), 'token_issuer'],
    ['no issuer', await sign({ iss: undefined }), 'token_issuer'],
    ['expired', await sign({ exp: seconds - 61 }), 'token_expired'],
    ['not yet valid', await sign({ nbf: seconds + 61 }), 'token_not_yet_valid'],
    ['made in the future', await sign({ iat: seconds + 61 }), 'token_not_yet_valid'],
    ['without an end', await sign({ exp: undefined }), 'token_malformed'],
    ['an unknown key', await sign({}, { key: unknown }), 'token_key'],
    ['the name of a known key', await sign({}, { key: stranger }), 'token_signature'],
    ['its own key with it', await sign({}, { key: stranger, header: { jwk: stranger.jwk } }), 'token_signature'],
    [
      'an address for its own key',
      await sign({}, { key: unknown, header: { jku: `${issuer.url}/mine` } }),
      'token_key',
    ],
    [
      'other claims under the signature',
      `${head}.${part({ iss: issuer.url, aud: 'gateway', azp: 'reader', exp: seconds + 300 })}.${signature}`,
      'token_signature',
    ],
    ['no signature', `${head}.${body}.`, 'token_signature'],
    ['oversized', await sign({ filler: 'x'.repeat(8_192) }), 'token_too_large'],
    ['no JSON', 'aaaa.bbbb.cccc', 'token_malformed'],
    ['no claims', `${head}.${part([])}.${signature}`, 'token_malformed'],
    ['no head', `${part('x')}.${body}.${signature}`, 'token_malformed'],
    [
      'an extension that must be understood',
      `${part({ alg: 'RS256', kid: 'first', crit: ['x-own'], 'x-own': 1 })}.${body}.${signature}`,
      'token_malformed',
    ],
    ['a logout token', await sign({}, { header: { typ: 'logout+jwt' } }), 'token_kind'],
    ['a claim that is no client’s', await sign({ azp: 'stranger' }), 'token_client'],
    ['a claim that only begins like it', await sign({ azp: 'robot2' }), 'token_client'],
    ['one of two claims', await sign({ azp: 'reader' }), 'token_client'],
    ['a value of another type', await sign({ azp: 'reader', vip: 'true' }), 'token_client'],
    ['an object where a value belongs', await sign({ azp: { robot: 'robot' } }), 'token_client'],
    ['two clients', await sign({ groups: ['g-1'] }), 'token_ambiguous'],
    ['encrypted, five parts', `${token}.a.b`, 'unknown_key'],
    ['not base64url', token.replaceAll('.', '+.'), 'unknown_key'],
  ]
  for (const [name, token, reason] of cases) t.match(await who(token), { reason }, name)
  t.match(await who(await sign({ azp: 'reader', vip: true })), { caller: { name: 'reader' } }, 'both claims')
  t.match(await who(await sign({ azp: 'x', groups: ['g-0', 'g-1'] })), { caller: { name: 'group' } }, 'a list holds it')
  t.match(
    await who(await sign({ azp: 'stranger', sub: 's-9' })),
    { why: 'corp:s-9 fits no client' },
    'the log says whose',
  )
  t.match(await who(await sign({ groups: ['g-1'] })), { why: 'corp:subject-1 fits robot, group' })
  t.match(await who(await sign({ aud: 'other' })), { why: 'issuer corp: aud "other"' })
})

t.test('clocks that differ', async (t) => {
  for (const tolerance of [0, 60, 300]) {
    const { sign, who, clock } = await start(t, { issuer: { clock_tolerance_seconds: tolerance } })
    const now = clock.now() / 1000
    for (const [claims, isGood] of [
      [{ exp: now - tolerance + 1 }, true],
      [{ exp: now - tolerance }, false],
      [{ iat: now + tolerance, nbf: now + tolerance }, true],
      [{ iat: now + tolerance + 1 }, false],
      [{ nbf: now + tolerance + 1 }, false],
    ] satisfies [Claims, boolean][]) {
      const known = await who(await sign(claims))
      t.equal('caller' in known, isGood, `${tolerance} s: ${JSON.stringify(claims)} at ${now}`)
    }
  }
})

t.test('other algorithms, as configured', async (t) => {
  for (const alg of ['ES256', 'PS256', 'EdDSA']) {
    const { issuer, sign, who } = await start(t, { issuer: { algorithms: [alg] } })
    issuer.keys = [await createSigningKey('other', alg)]
    t.match(await who(await sign()), { caller: { name: 'robot' } }, alg)
  }
})

t.test('a key that is too weak, or none at all, is no key', async (t) => {
  const { issuer, sign, who } = await start(t)
  const [good] = issuer.keys
  if (!good) throw new Error('no key')
  const jwkOf = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid, alg: 'RS256' })
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  issuer.keys = [
    { ...good, kid: 'weak', jwk: await jwkOf(weak.publicKey, 'weak') },
    { ...good, kid: 'private', jwk: await jwkOf(privateKey, 'private') },
    { ...good, kid: 'broken', jwk: { ...good.jwk, kid: 'broken', n: '!' } },
    { ...good, kid: 'twice', jwk: { ...good.jwk, kid: 'twice' } },
    { ...good, kid: 'twice', jwk: { ...good.jwk, kid: 'twice' } },
  ]
  for (const key of issuer.keys) t.match(await who(await sign({}, { key })), { reason: 'token_key' }, key.kid)
})

t.test('only as Bearer, and only what is no key of a client', async (t) => {
  const key = 'eyJh.looks-like-a.token'
  const { sign, authenticate } = await start(t, { clients: { other: { keys: [hashKey(key)] } } })
  const token = await sign()
  t.match(await authenticate({ authorization: `Bearer ${token}` }), { caller: { name: 'robot' } })
  t.match(
    await authenticate({ authorization: `Bearer ${key}` }),
    { caller: { name: 'other' } },
    'a key that looks like one',
  )
  t.match(await authenticate({ 'x-api-key': token }), { reason: 'unknown_key' })
  const basic = Buffer.from(`robot:${token}`).toString('base64')
  t.match(await authenticate({ authorization: `Basic ${basic}` }), { reason: 'unknown_key' })
  t.match(await authenticate({ authorization: `Bearer ${token}`, 'x-api-key': key }), { reason: 'malformed' })
})

t.test('without issuers a token is a key that nobody has', async (t) => {
  const { who } = await know(t, { issuers: {}, clients: { robot: { keys: [hashKey('k')] } } })
  t.same(await who(`${part({ alg: 'none' })}.${part({ iss: 'x' })}.`), { reason: 'unknown_key' })
})
