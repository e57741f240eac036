import fc from 'fast-check'
import t, { type Test } from 'tap'
import { chooseHoldMs } from '../../../src/http/limits/strangers.ts'
import { startServer } from '../../support/http-server.ts'
import { readSamples, readValue } from '../../support/metric-samples.ts'
import { createSteppedClock } from '../../support/stepped-clock.ts'

const START = Date.UTC(2026, 10, 22)

/** A server in time that stands still, that takes a few calls of strangers; `held` has how long answers are held back. */
async function startStrict(t: Test, limits: string, more = '') {
  const stepped = createSteppedClock(START)
  const held: number[] = []
  const clock = {
    ...stepped,
    sleep(ms: number, signal?: AbortSignal) {
      held.push(ms)
      return stepped.sleep(ms, signal)
    },
  }
  const server = await startServer(t, { clock, server: `limits: ${limits}, ${more}` })
  const wrong = (headers: Record<string, string> = {}) =>
    server.call('/runs', { as: null, headers: { authorization: 'Bearer wrong', ...headers } })
  return { ...server, clock, held, wrong }
}

t.test('calls without a key are limited by their address, calls with one never', async (t) => {
  const { call, clock } = await startStrict(t, '{ anonymous: { per_second: 1, burst: 3 } }')
  const ask = (path: string) => call(path, { as: null })
  const open = ['/problems/internal', '/docs/', '/openapi.json', '/nothing']
  t.match(await ask('/runs'), { status: 401 })
  t.match(await ask('/problems/internal'), { status: 200 })
  t.match(await ask('/nothing'), { status: 404 })
  for (const path of ['/runs', '/runs/x/await', '/metrics', ...open]) {
    const refused = await ask(path)
    t.match(refused, {
      status: 429,
      body: { code: 'rate-limited', detail: /without a valid key come from 127\.0\.0\.1\./ },
    })
    t.equal(refused.headers.get('retry-after'), '1', path)
  }
  t.match(await ask('/runs'), { body: { detail: /^The call carries no key\. Send .* Too many calls/ } }, 'and why')
  for (const path of ['/livez', '/readyz']) t.match(await ask(path), { status: 200 }, 'probes are not counted')
  t.match(await call('/runs'), { status: 200 }, 'a key from the same address')
  clock.advance(1_000)
  t.match(await ask('/runs'), { status: 401 })
})

t.test('who asks how to sign in before each call is not refused for it', async (t) => {
  const { call } = await startStrict(t, '{ anonymous: { per_second: 1, burst: 2 } }')
  for (let calls = 0; calls < 10; calls++) {
    t.match(await call('/runs', { as: null }), { status: 401 })
    t.match(await call('/runs'), { status: 200 })
  }
})

t.test(
  'behind proxies that are trusted the caller’s own address counts, and no other that somebody writes',
  async (t) => {
    const limits = '{ anonymous: { per_second: 1, burst: 1 } }'
    const spoofed = await startStrict(t, limits)
    const from = (forwarded: string) => ({ as: null, headers: { 'x-forwarded-for': forwarded } })
    t.match(await spoofed.call('/runs', from('192.0.2.1')), { status: 401 })
    t.match(await spoofed.call('/runs', from('192.0.2.2')), { status: 429, body: { detail: /from 127\.0\.0\.1\./ } })

    const { call } = await startStrict(t, limits, 'trusted_proxies: [127.0.0.1, 10.0.0.0/8]')
    t.match(await call('/runs', from('192.0.2.1')), { status: 401 })
    t.match(await call('/runs', from('192.0.2.1')), { status: 429, body: { detail: /from 192\.0\.2\.1\./ } })
    t.match(await call('/runs', from('192.0.2.2')), { status: 401 }, 'another caller')
    t.match(
      await call('/runs', from('192.0.2.3, 192.0.2.1, 10.1.2.3')),
      { status: 429 },
      'what the caller wrote itself',
    )
    t.match(await call('/runs', from('192.0.2.1:51234')), { status: 429 }, 'with its port')
    t.match(await call('/runs', from('2001:db8::1')), { status: 401 })
    t.match(await call('/runs', from('2001:db8::ffff')), { status: 429, body: { detail: /2001:db8:0:0::\/64/ } })
    t.match(await call('/runs', { headers: from('192.0.2.1').headers }), { status: 200 }, 'a valid key from there')
  },
)

t.test('answers to wrong keys slow down, then they are 429, and say what is wrong all the same', async (t) => {
  const { call, clock, held, wrong } = await startStrict(t, '{ wrong_keys: { per_second: 0.001, burst: 4 } }')
  t.match(await wrong(), { status: 401 })
  const mismatch = `Basic ${Buffer.from('other:key-of-control-m').toString('base64')}`
  t.match(await wrong({ authorization: mismatch }), { status: 401 }, 'a key with the name of another client')
  for (const [before, ms] of [1_500, 3_000].entries()) {
    const answer = wrong()
    while (held.length === before) await new Promise(setImmediate)
    t.equal(held.at(-1), ms)
    t.match(await call('/runs'), { status: 200 }, 'a valid key is answered meanwhile')
    clock.advance(ms)
    t.match(await answer, { status: 401, body: { detail: /does not know this key/ } })
  }
  const refused = await wrong()
  t.match(refused, {
    status: 429,
    body: { code: 'rate-limited', detail: /does not know this key.*Too many calls without a valid key come from 127/ },
  })
  t.match(await call('/runs', { as: null }), { status: 401 }, 'no key at all is no guess')
  t.match(await call('/runs'), { status: 200 })
  const metrics = readSamples((await call('/metrics')).text)
  t.equal(readValue(metrics, 'job_gateway_auth_failures_total', { reason: 'unknown_key' }), 5)
})

t.test('only so many answers are held back at a time', async (t) => {
  const { clock, wrong, call } = await startStrict(t, '{ wrong_keys: { per_second: 0.001, burst: 1200 } }')
  const statuses: number[] = []
  const ask = async () => statuses.push((await wrong()).status)
  for (let calls = 0; calls < 600; calls += 100) await Promise.all(Array.from({ length: 100 }, ask))
  t.same([...new Set(statuses)], [401])
  const held = Array.from({ length: 510 }, ask)
  while (statuses.length < 610) await new Promise(setImmediate)
  t.same([...new Set(statuses.slice(600))], [429], 'those beyond are answered at once')
  t.match(await call('/runs'), { status: 200 })
  clock.advance(3_000)
  await Promise.all(held)
  t.equal(statuses.filter((status) => status === 401).length, 1_100)
})

t.test('the less is left, the longer an answer is held back, and never for long', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (burst, share) => {
      const left = Math.floor(share * (burst - 1))
      const ms = chooseHoldMs(left, burst)
      return ms <= 3_000 && ms <= chooseHoldMs(Math.max(0, left - 1), burst) && (ms === 0) === left * 2 >= burst
    }),
  )
})
