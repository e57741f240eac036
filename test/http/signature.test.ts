import fc from 'fast-check'
import t from 'tap'
import { type Grant, signGrant, verifyGrant } from '../../src/http/signature.ts'

const KEY = 'a key that signs, of many bytes '
const OTHER = 'another key that signs, as many '
const grant: Grant = { run: '01JD00000000000000000000AA', client: 'adf', expires: 1_795_000_000 }

const text = fc.string({ maxLength: 20 })
const grants = fc.record({ run: text, client: text, expires: fc.integer({ min: 1, max: 999_999_999_999 }) })

t.test('what was signed is known again, by any of the keys', async (t) => {
  t.match(signGrant(grant, KEY), { client: 'adf', expires: '1795000000', signature: /^[\w-]{43}$/ })
  fc.assert(
    fc.property(grants, (grant) => {
      const query = signGrant(grant, KEY)
      t.same(verifyGrant(grant.run, query, [OTHER, KEY]), grant)
      t.equal(verifyGrant(grant.run, query, [OTHER]), undefined)
      t.equal(verifyGrant(grant.run, query, []), undefined)
    }),
    { numRuns: 50 },
  )
})

t.test('no other run, client or end has the same signature, however the parts are cut', async (t) => {
  fc.assert(
    fc.property(grants, grants, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other))
      t.not(signGrant(one, KEY).signature, signGrant(other, KEY).signature)
    }),
  )
  const shifted = { ...grant, run: `${grant.run}","adf`, client: '' }
  t.not(signGrant(shifted, KEY).signature, signGrant(grant, KEY).signature)
})

t.test('nothing else is good', async (t) => {
  const good = signGrant(grant, KEY)
  const { signature } = good
  const last = signature.at(-1) ?? ''
  const verify = (query: object, run = grant.run) => verifyGrant(run, query, [KEY])
  t.ok(verify(good))
  t.notOk(verify(good, grant.run.toLowerCase()))
  for (const other of [
    // Of the 258 bits of its 43 characters, base64url needs 256: the same bytes, spelled in another way.
    { ...good, signature: signature.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1) },
    { ...good, signature: signature.slice(0, -1) },
    { ...good, signature: `${signature}=` },
    { ...good, signature: '' },
    { ...good, signature: [signature] },
    { ...good, signature: signature.toUpperCase() },
    { ...good, client: 'adf2' },
    { ...good, client: ['adf'] },
    { ...good, expires: '1795000001' },
    { ...good, expires: '01795000000' },
    { ...good, expires: '1795000000.0' },
    { ...good, expires: 1_795_000_000 },
    { client: 'adf', signature },
    {},
  ]) {
    t.notOk(verify(other), JSON.stringify(other))
  }
})
