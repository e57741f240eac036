import fc from 'fast-check'
import t from 'tap'
import { findLastEnd, findPause, isInForce, PAUSE_MODES, PAUSE_SCOPES, type Pause } from '../../src/runs/pause.ts'
import { holdBack, letGo, sayPaused } from '../../src/runs/pause-hold.ts'
import { makeRun } from '../support/make-run.ts'

const NOW = Date.UTC(2026, 10, 22, 20)
const WHAT = { workspace: 'main', job: 'nightly-load' }

const pause = (fields: Partial<Pause>): Pause => ({
  ...{
    scope: 'all',
    name: '',
    mode: 'hold',
    message: '',
    until_at: null,
    paused_by: 'platform',
    paused_at: NOW - 1_000,
  },
  ...fields,
})
const all = (fields: Partial<Pause> = {}) => pause(fields)
const workspace = (fields: Partial<Pause> = {}) => pause({ scope: 'workspace', name: 'main', ...fields })
const job = (fields: Partial<Pause> = {}) => pause({ scope: 'job', name: 'nightly-load', ...fields })

const DECISIONS: [what: string, pauses: Pause[], decides: Partial<Pause> | undefined][] = [
  ['nothing is paused', [], undefined],
  ['all', [all({ message: 'a' })], { scope: 'all', message: 'a', until_at: null }],
  ['its workspace', [workspace()], { scope: 'workspace' }],
  ['another workspace', [workspace({ name: 'spare' })], undefined],
  ['its job', [job()], { scope: 'job' }],
  ['another job', [job({ name: 'main' })], undefined],
  ['a pause until later', [all({ until_at: NOW + 1 })], { until_at: NOW + 1 }],
  ['a pause until now', [all({ until_at: NOW })], undefined],
  ['the narrowest speaks', [all({ message: 'a' }), job({ message: 'j' }), workspace()], { scope: 'job', message: 'j' }],
  [
    'the end is the latest',
    [job({ until_at: NOW + 1 }), all({ until_at: NOW + 5 }), workspace({ until_at: NOW + 3 })],
    { scope: 'job', until_at: NOW + 5 },
  ],
  ['no end is later than any', [job({ until_at: NOW + 1 }), all()], { scope: 'job', until_at: null }],
  [
    'refusing beats holding, however narrow and long that is',
    [job({ message: 'j' }), all({ mode: 'refuse', message: 'a', until_at: NOW + 1 })],
    { mode: 'refuse', scope: 'all', message: 'a', until_at: NOW + 1 },
  ],
  ['what refused is over', [job(), all({ mode: 'refuse', until_at: NOW - 1 })], { mode: 'hold', scope: 'job' }],
]

for (const [what, pauses, decides] of DECISIONS) {
  t.test(what, async (t) => {
    for (const some of [pauses, pauses.toReversed()]) {
      const found = findPause(some, WHAT, NOW)
      if (decides) t.match(found, decides)
      else t.equal(found, undefined)
    }
  })
}

const pauses = fc.uniqueArray(
  fc
    .record({
      target: fc.constantFrom(all(), workspace(), workspace({ name: 'spare' }), job(), job({ name: 'report' })),
      mode: fc.constantFrom(...PAUSE_MODES),
      until_at: fc.option(fc.integer({ min: NOW - 3, max: NOW + 3 })),
    })
    .map(({ target, ...rest }) => ({ ...target, ...rest })),
  { selector: ({ scope, name }) => `${scope} ${name}` },
)
const what = fc.record({ workspace: fc.constantFrom('main', 'spare'), job: fc.constantFrom('nightly-load', 'report') })

t.test('whatever is paused, the decision holds as long as it says, and changes nothing for others', async (t) => {
  fc.assert(
    fc.property(pauses, what, (pauses, what) => {
      const concerned = pauses.filter(
        ({ scope, name }) => scope === 'all' || name === what.workspace || name === what.job,
      )
      const inForce = concerned.filter((one) => isInForce(one, NOW))
      const found = findPause(pauses, what, NOW)
      if (!found) return inForce.length === 0
      const of = (at: number) => findPause(pauses, what, at)
      const { until_at } = found
      const endsAsSaid =
        until_at === null || (of(until_at - 1)?.mode === found.mode && of(until_at)?.mode !== found.mode)
      const isNarrowest = inForce
        .filter(({ mode }) => mode === found.mode)
        .every(({ scope }) => PAUSE_SCOPES.indexOf(scope) <= PAUSE_SCOPES.indexOf(found.scope))
      const refuses = inForce.some(({ mode }) => mode === 'refuse')
      return endsAsSaid && isNarrowest && (found.mode === 'refuse') === refuses
    }),
  )
  t.pass('in random sets of pauses')
})

t.test('the last end is of those that are over for it', async (t) => {
  const ended = [
    all({ until_at: NOW - 9 }),
    workspace({ until_at: NOW - 5 }),
    job({ name: 'report', until_at: NOW - 1 }),
  ]
  t.equal(findLastEnd(ended, WHAT, NOW), NOW - 5)
  t.equal(findLastEnd([...ended, job({ until_at: NOW })], WHAT, NOW), NOW, 'this very moment')
  t.equal(findLastEnd([job(), all({ until_at: NOW + 1 })], WHAT, NOW), undefined)
})

t.test(
  'the deadline stands still while the attempt is held, however often that is looked at, and runs else',
  async (t) => {
    const spans = fc.array(
      fc.record({
        free: fc.nat(10_000),
        held: fc.nat(10_000),
        looks: fc.integer({ min: 1, max: 3 }),
        late: fc.nat(500),
      }),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(spans, (spans) => {
        let { attempt } = makeRun()
        const deadline = attempt.submit_deadline_at
        let now = attempt.created_at
        let total = 0
        for (const { free, held, looks, late } of spans) {
          now += free
          const until_at = now + held
          for (let look = 0; look < looks; look++) {
            const at = now + Math.floor((held * look) / looks)
            attempt = { ...attempt, ...holdBack(attempt, all({ until_at }), at) }
            if ((attempt.due_at ?? 0) > until_at) return false
          }
          total += held
          // Whoever lets it go may come late: the time after the end counts.
          attempt = { ...attempt, ...letGo(attempt, until_at) }
          now = until_at + late
        }
        return attempt.submit_deadline_at === deadline + total && attempt.held_since === null
      }),
    )
    t.pass('in random orders')
  },
)

t.test('what callers are told', async (t) => {
  const until_at = Date.UTC(2026, 10, 23, 6)
  t.equal(sayPaused(all()), 'paused by platform until it is resumed.')
  t.equal(
    sayPaused(all({ until_at, message: 'Databricks is upgraded' })),
    'paused by platform until 2026-11-23T06:00:00.000Z: Databricks is upgraded.',
  )
  t.match(sayPaused(all({ message: 'Wait!' })), /: Wait!$/)
})
