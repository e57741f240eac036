import fc from 'fast-check'
import t from 'tap'
import { RERUNS } from '../../src/config/schema/profiles.ts'
import { decideRepeat, findDifference, makeToken, type RepeatDecision, type RepeatedKey } from '../../src/runs/key.ts'
import { ACTIVE_STATES, DONE_STATES, type State } from '../../src/runs/run.ts'
import { makeRun } from '../support/make-run.ts'

const NOW = Date.UTC(2026, 10, 22)
const MINUTE = 60_000
const DAY = 86_400_000

interface Case {
  state: State
  policy?: RepeatedKey['policy']
  /** Minutes since the ending was told; undefined: never. */
  told?: number
  same?: boolean
  rerunId?: string
  pressed?: string[]
  endedDaysAgo?: number
}

function repeated({
  state,
  policy = 'replay',
  told,
  same = true,
  rerunId,
  pressed = [],
  endedDaysAgo = 0.1,
}: Case): RepeatedKey {
  const active = (ACTIVE_STATES as readonly State[]).includes(state)
  const result = active ? '' : state === 'SUCCEEDED' || state === 'PARTIAL' ? 'OK' : 'KO'
  return {
    run: makeRun({
      rerun_ids: pressed,
      attempt: {
        state,
        result,
        finished_at: active ? null : NOW - endedDaysAgo * DAY,
        told_at: told === undefined ? null : NOW - told * MINUTE,
      },
    }),
    policy,
    ...(rerunId === undefined ? {} : { rerunId }),
    sameParameters: same,
    now: NOW,
    rerunMinMs: 30_000,
    keyTtlMs: 14 * DAY,
  }
}

const table: [what: string, Case, RepeatDecision][] = [
  ['active, same', { state: 'RUNNING', policy: 'force' }, 'attach'],
  ['active, other parameters', { state: 'RUNNING', same: false, policy: 'force' }, 'reused'],
  ['submitting', { state: 'SUBMITTING' }, 'attach'],
  ['well', { state: 'SUCCEEDED', told: 5, policy: 'new' }, 'replay'],
  ['well, never told', { state: 'SUCCEEDED' }, 'replay'],
  ['well, other parameters', { state: 'SUCCEEDED', told: 5, same: false, policy: 'new' }, 'reused'],
  ['well, forced', { state: 'SUCCEEDED', told: 5, policy: 'force' }, 'attempt'],
  ['well, forced with other parameters', { state: 'PARTIAL', told: 5, policy: 'force', same: false }, 'attempt'],
  ['badly, not told', { state: 'FAILED', policy: 'new' }, 'replay'],
  ['badly, not told, forced', { state: 'FAILED', policy: 'force' }, 'replay'],
  ['badly, not told, other parameters', { state: 'FAILED', policy: 'new', same: false }, 'replay'],
  [
    'badly, told to this press',
    { state: 'FAILED', policy: 'new', told: 5, rerunId: '2', pressed: ['1', '2'] },
    'replay',
  ],
  [
    'badly, told to this press, other parameters',
    { state: 'FAILED', policy: 'new', told: 5, rerunId: '2', pressed: ['2'], same: false },
    'reused',
  ],
  [
    'badly, told to this press, forced',
    { state: 'FAILED', policy: 'force', told: 5, rerunId: '2', pressed: ['2'] },
    'attempt',
  ],
  [
    'badly, a new press a moment later',
    { state: 'FAILED', policy: 'new', told: 0.01, rerunId: '2', pressed: ['1'] },
    'attempt',
  ],
  ['badly, told a moment ago', { state: 'FAILED', policy: 'new', told: 0.4 }, 'replay'],
  ['badly, told a moment ago, other parameters', { state: 'FAILED', policy: 'new', told: 0.4, same: false }, 'reused'],
  ['rejected, told', { state: 'REJECTED', told: 5 }, 'attempt'],
  ['skipped, told, other parameters', { state: 'SKIPPED', told: 5, same: false }, 'attempt'],
  ['rejected, not told', { state: 'REJECTED', policy: 'force' }, 'replay'],
  ['badly, replay', { state: 'FAILED', told: 5 }, 'replay'],
  ['badly, replay, other parameters', { state: 'FAILED', told: 5, same: false }, 'reused'],
  ['badly, new', { state: 'TIMED_OUT', told: 5, policy: 'new' }, 'attempt'],
  ['badly, new, other parameters', { state: 'CANCELED', told: 5, policy: 'new', same: false }, 'attempt'],
  ['badly, force, other parameters', { state: 'FAILED', told: 5, policy: 'force', same: false }, 'attempt'],
  ['badly, repair', { state: 'FAILED', told: 5, policy: 'repair' }, 'repair'],
  ['badly, repair, other parameters', { state: 'FAILED', told: 5, policy: 'repair', same: false }, 'reused'],
  ['unconfirmed, not told', { state: 'UNCONFIRMED', policy: 'new' }, 'replay'],
  ...RERUNS.map((policy): [string, Case, RepeatDecision] => [
    `unconfirmed, ${policy}`,
    { state: 'UNCONFIRMED', told: 5, policy },
    'resubmit',
  ]),
  ...RERUNS.map((policy): [string, Case, RepeatDecision] => [
    `unconfirmed, ${policy}, other parameters`,
    { state: 'UNCONFIRMED', told: 5, policy, same: false },
    'reused',
  ]),
  ['outlived', { state: 'FAILED', told: 5, endedDaysAgo: 14 }, 'new-order'],
  ['outlived, well, other parameters', { state: 'SUCCEEDED', endedDaysAgo: 20, same: false }, 'new-order'],
  ['unconfirmed never outlives its key', { state: 'UNCONFIRMED', told: 5, endedDaysAgo: 20 }, 'resubmit'],
]

for (const [what, given, expected] of table) {
  t.test(`repeated key: ${what}`, async (t) => t.equal(decideRepeat(repeated(given)), expected))
}

const anyCase = fc.record({
  state: fc.constantFrom(...ACTIVE_STATES, ...DONE_STATES),
  policy: fc.constantFrom(...RERUNS),
  same: fc.boolean(),
  pressed: fc.subarray(['1', '2', '3']),
  rerunId: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
  told: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: undefined }),
  endedDaysAgo: fc.double({ min: 0, max: 30, noNaN: true }),
}) as fc.Arbitrary<Case>

t.test('repeated key: what holds for every case', async () => {
  fc.assert(
    fc.property(anyCase, (given) => {
      const decision = decideRepeat(repeated(given))
      const starts = decision === 'attempt' || decision === 'repair'
      const active = (ACTIVE_STATES as readonly State[]).includes(given.state)
      const well = given.state === 'SUCCEEDED' || given.state === 'PARTIAL'
      const outlived = decision === 'new-order'
      if (active) return decision === (given.same ? 'attach' : 'reused')
      if (outlived) return given.state !== 'UNCONFIRMED' && (given.endedDaysAgo ?? 0) >= 14
      return (
        // Nothing that nobody has seen end is followed by anything.
        !(starts && !well && given.told === undefined) &&
        // While a token may still start a run, no other token is made.
        !(given.state === 'UNCONFIRMED' && starts) &&
        // A press of the button that was answered starts nothing, short of force.
        !(
          starts &&
          given.policy !== 'force' &&
          given.rerunId !== undefined &&
          given.pressed?.includes(given.rerunId)
        ) &&
        // What ended well is run again by force only.
        !(well && starts && given.policy !== 'force')
      )
    }),
    { numRuns: 2_000 },
  )
})

const parts = {
  instance: 'prod',
  workspaceHost: 'https://a',
  databricksJobId: '1',
  clientId: 'c',
  job: 'j',
  keyOrRunId: 'k',
  attempt: 1,
}

t.test('a token is the same for the same parts, another for any other, and short enough for Databricks', async (t) => {
  t.equal(makeToken(parts), makeToken({ ...parts }))
  const others = Object.entries(parts).map(([name, value]) =>
    makeToken({ ...parts, [name]: typeof value === 'number' ? 2 : `${value}x` }),
  )
  t.equal(new Set([makeToken(parts), ...others]).size, Object.keys(parts).length + 1)
  t.ok(makeToken(parts).length <= 64)
})

t.test('the first parameter that differs is named with both values', async (t) => {
  t.equal(findDifference({ a: 1, b: 'x' }, { b: 'x', a: 1 }), undefined)
  t.same(findDifference({ a: 1 }, { a: '1' }), { name: 'a', before: 1, now: '1' })
  t.same(findDifference({ a: 1 }, { a: 1, b: true }), { name: 'b', before: null, now: true })
})
