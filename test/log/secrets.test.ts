import fc from 'fast-check'
import t from 'tap'
import { createSecrets } from '../../src/log/secrets.ts'

t.test('a known value is gone from any text, in every spelling', async (t) => {
  const secrets = createSecrets()
  const value = 'se"cr\\et/val ue'
  t.equal(secrets.add(value), value)
  t.equal(secrets.redact(`upstream says ${value}!`), 'upstream says [redacted]!')
  t.equal(secrets.redact(JSON.stringify({ said: value })), '{"said":"[redacted]"}')
  t.equal(secrets.redact(`?q=${encodeURIComponent(value)}&x=1`), '?q=[redacted]&x=1')
})

t.test('values may be added at any time, and one may begin with another', async (t) => {
  const secrets = createSecrets()
  secrets.add('first-secret')
  secrets.add('first-secret-rotated')
  t.equal(secrets.redact('a first-secret-rotated b first-secret c'), 'a [redacted] b [redacted] c')
})

t.test('what is too short to be a secret is left alone', async (t) => {
  const secrets = createSecrets()
  secrets.add('')
  secrets.add('info')
  t.equal(secrets.redact('{"level":"info"}'), '{"level":"info"}')
})

const SHAPES: [name: string, text: string, redacted: string][] = [
  ['a key of ours', `key gw_${'aB3-_'.repeat(8)}xyz.`, 'key [redacted].'],
  ['a personal access token', `dapi${'0a'.repeat(16)}-2 was refused`, '[redacted] was refused'],
  ['an OAuth secret', `dose${'0a'.repeat(16)}`, '[redacted]'],
  ['a JWT', 'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_ is old', 'token [redacted] is old'],
  ['a JWT in the middle of a word', 'xeyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'x[redacted]'],
  ['Bearer in free text', 'sent Authorization: Bearer abcdefghij.klmnop==', 'sent Authorization: Bearer [redacted]'],
  ['Basic in free text', 'basic Y29udHJvbC1tOmtleQ== refused', 'basic [redacted] refused'],
  [
    'a header',
    '{"req":{"headers":{"Authorization":"x \\"y","host":"h"}}}',
    '{"req":{"headers":{"Authorization":"[redacted]","host":"h"}}}',
  ],
  ['a header of many values', '{"set-cookie":["a=b","c=d"],"x":1}', '{"set-cookie":"[redacted]","x":1}'],
  ['a token by its name', '{"access_token":"short","expires_in":1}', '{"access_token":"[redacted]","expires_in":1}'],
]

for (const [name, text, redacted] of SHAPES) {
  t.test(`known by its looks: ${name}`, async (t) => {
    t.equal(createSecrets().redact(text), redacted)
  })
}

t.test('everyday text stays as it is', async (t) => {
  const { redact } = createSecrets()
  const text =
    '{"msg":"basic authentication failed; the bearer of bad news","key":"LOAD-20261122","run":"01JQ8Z0000000000000000000",' +
    '"databricks_run_id":"41847992357943","route":"/runs/:id","keys":3}'
  t.equal(redact(text), text)
})

t.test('no secret survives, wherever it stands, and a line of JSON stays one', async () => {
  const secret = fc.stringMatching(/^[ -~]{8,40}$/).filter((text) => /[a-z]/i.test(text))
  fc.assert(
    fc.property(secret, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (value, before, after) => {
      const secrets = createSecrets()
      secrets.add(value)
      const line = secrets.redact(
        JSON.stringify({
          time: 0,
          said: [{ deep: `${before}${value}${after}` }],
          url: `/?q=${encodeURIComponent(value)}`,
        }),
      )
      const text = JSON.stringify(JSON.parse(line))
      return !text.includes(JSON.stringify(value).slice(1, -1)) && !text.includes(encodeURIComponent(value))
    }),
    { numRuns: 1_000 },
  )
})
