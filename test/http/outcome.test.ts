import fc from 'fast-check'
import t from 'tap'
import { chooseStatus, presentWord } from '../../src/http/outcome.ts'
import { ACTIVE_STATES, DONE_STATES, isDone, type Result, type State } from '../../src/runs/run.ts'
import { makeRun } from '../support/make-run.ts'

const ended = (state: State, result: Result) => makeRun({ attempt: { state, result } })

t.test('with outcome=http the status tells how the run is', async (t) => {
  const http = { outcome: 'http', pending: 202, accepted: 202, codes: {} } as const
  t.strictSame(chooseStatus(ended('RUNNING', ''), http), { status: 202 })
  t.strictSame(chooseStatus(ended('RUNNING', ''), { ...http, pending: 'error' }), { status: 425, code: 'run-active' })
  t.strictSame(chooseStatus(ended('SUCCEEDED', 'OK'), http), { status: 200 })
  t.strictSame(chooseStatus(ended('PARTIAL', 'OK'), http), { status: 200 })
  t.strictSame(chooseStatus(ended('PARTIAL', 'KO'), http), { status: 424, code: 'run-failed' })
  t.strictSame(chooseStatus(ended('CANCELED', 'KO'), http), { status: 409, code: 'run-canceled' })
  for (const state of ['FAILED', 'TIMED_OUT', 'SKIPPED', 'REJECTED', 'UNCONFIRMED'] as const) {
    t.strictSame(chooseStatus(ended(state, 'KO'), http), { status: 424, code: 'run-failed' }, state)
  }
})

t.test('a client may have codes of its own', async (t) => {
  const own = {
    outcome: 'http',
    pending: 'error',
    accepted: 202,
    codes: { failed: 500, canceled: 501, active: 503 },
  } as const
  t.strictSame(chooseStatus(ended('FAILED', 'KO'), own), { status: 500, code: 'run-failed' })
  t.strictSame(chooseStatus(ended('CANCELED', 'KO'), own), { status: 501, code: 'run-canceled' })
  t.strictSame(chooseStatus(ended('QUEUED', ''), own), { status: 503, code: 'run-active' })
  t.strictSame(chooseStatus(ended('SUCCEEDED', 'OK'), own), { status: 200 })
})

t.test('with outcome=body the status tells only that the call was taken', async (t) => {
  const body = { outcome: 'body', pending: 202, codes: {} } as const
  t.strictSame(chooseStatus(ended('SUBMITTING', ''), { ...body, accepted: 202 }), { status: 202 })
  t.strictSame(chooseStatus(ended('SUBMITTING', ''), { ...body, accepted: 200 }), { status: 200 })
  t.strictSame(chooseStatus(ended('FAILED', 'KO'), { ...body, accepted: 202 }), { status: 200 })
})

t.test('with outcome=http nothing but a good end is 200, and nothing but an active run is 202', async () => {
  const code = fc.option(fc.integer({ min: 400, max: 599 }), { nil: undefined })
  fc.assert(
    fc.property(
      fc.constantFrom(...ACTIVE_STATES, ...DONE_STATES),
      fc.constantFrom<Result>('OK', 'KO'),
      fc.record({ failed: code, canceled: code, active: code }),
      fc.constantFrom(202 as const, 'error' as const),
      fc.constantFrom(200 as const, 202 as const),
      (state, verdict, { failed, canceled, active }, pending, accepted) => {
        const result = isDone(state) ? verdict : ''
        const codes = { ...(failed && { failed }), ...(canceled && { canceled }), ...(active && { active }) }
        const { status } = chooseStatus(ended(state, result), { outcome: 'http', pending, accepted, codes })
        return (status === 200) === (result === 'OK') && (status === 202) === (result === '' && pending === 202)
      },
    ),
  )
})

t.test('a run in one word', async (t) => {
  t.equal(presentWord(ended('TIMED_OUT', 'KO'), 'text'), 'TIMED_OUT\n')
  t.equal(presentWord(ended('TIMED_OUT', 'KO'), 'result'), 'KO\n')
  t.equal(presentWord(ended('SUCCEEDED', 'OK'), 'result'), 'OK\n')
  t.equal(presentWord(ended('RUNNING', ''), 'text'), 'RUNNING\n')
  t.equal(presentWord(ended('RUNNING', ''), 'result'), 'ACTIVE\n')
})
