import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { JobDefinition, TaskDefinition } from '../../src/simulator/definitions.ts'
import { TIMED_OUT } from '../../src/simulator/endings.ts'
import { createIds } from '../../src/simulator/ids.ts'
import { attemptPhase, roundPhase } from '../../src/simulator/phase.ts'
import { type Attempt, cut, planRound, shift } from '../../src/simulator/plan.ts'

const START = 1_000_000

const conditions = [
  'ALL_SUCCESS',
  'AT_LEAST_ONE_SUCCESS',
  'NONE_FAILED',
  'ALL_DONE',
  'AT_LEAST_ONE_FAILED',
  'ALL_FAILED',
] as const

const task = fc.record({
  after: fc.array(fc.nat({ max: 9 }), { maxLength: 3 }),
  duration_ms: fc.nat({ max: 5_000 }),
  pending_ms: fc.nat({ max: 500 }),
  outcome: fc.constantFrom('success', 'success', 'failed', 'timed_out', 'canceled', 'cloud_failure'),
  max_retries: fc.nat({ max: 3 }),
  min_retry_interval_ms: fc.nat({ max: 500 }),
  timeout_seconds: fc.nat({ max: 4 }),
  retry_on_timeout: fc.boolean(),
  disabled: fc.boolean(),
  run_if: fc.constantFrom(...conditions),
})

/** Jobs whose tasks depend on earlier ones only, listed in any order. */
const job = fc
  .record({
    tasks: fc.array(task, { minLength: 1, maxLength: 10 }),
    timeout_seconds: fc.nat({ max: 20 }),
    reverse: fc.boolean(),
  })
  .map(({ tasks, timeout_seconds, reverse }): JobDefinition => {
    const linked = tasks.map(({ after, ...rest }, i): TaskDefinition => {
      const earlier = [...new Set(after.filter((j) => j < i))]
      return { ...rest, task_key: `t${i}`, depends_on: earlier.map((j) => ({ task_key: `t${j}` })) }
    })
    return { name: 'job', timeout_seconds, tasks: reverse ? linked.toReversed() : linked }
  })

const plan = (definition: JobDefinition, at: number) =>
  planRound(definition, {
    at,
    nth: 0,
    keys: undefined,
    before: new Map(),
    repairId: undefined,
    newId: createIds(() => 'small'),
  })

t.test('a plan makes sense whatever the job', async (t) => {
  const property = fc.property(job, (definition) => {
    const round = plan(definition, START)
    const last = new Map<string, Attempt>(round.attempts.map((attempt) => [attempt.taskKey, attempt]))
    assert.equal(last.size, definition.tasks.length, 'every task shows')
    for (const attempt of round.attempts) {
      const { since, from, running, until, stopping } = attempt
      const instants = [START, since, from, running, until, round.end]
      assert.deepEqual(
        instants,
        instants.toSorted((a, b) => a - b),
      )
      if (stopping !== undefined) continue
      assert.ok(until <= round.done)
      for (const { task_key } of definition.tasks.find((each) => each.task_key === attempt.taskKey)?.depends_on ?? []) {
        assert.ok((last.get(task_key)?.until ?? 0) <= from, `${attempt.taskKey} waits for ${task_key}`)
      }
    }
    const limit = definition.timeout_seconds ? definition.timeout_seconds * 1_000 : Number.POSITIVE_INFINITY
    assert.ok(round.done <= START + limit)
  })
  await t.resolves(async () => fc.assert(property))
})

t.test('a run that waited is the same run, later', async (t) => {
  const property = fc.property(job, fc.nat(), (definition, wait) => {
    assert.deepEqual(shift(plan(definition, START), wait), plan(definition, START + wait))
  })
  await t.resolves(async () => fc.assert(property))
})

const STAGES = ['BLOCKED', 'WAITING_FOR_RETRY', 'PENDING', 'RUNNING', 'TERMINATING']

t.test('no state ever goes back, cut short or not', async (t) => {
  const instants = fc.array(fc.nat({ max: 60_000 }), { minLength: 2, maxLength: 12 })
  const property = fc.property(job, fc.option(fc.nat({ max: 20_000 })), instants, (definition, stop, times) => {
    const whole = plan(definition, START)
    const stops = stop !== null && START + stop < whole.done
    const round = stops ? cut(whole, START + stop, 500, TIMED_OUT) : whole
    const sorted = times.toSorted((a, b) => a - b).map((time) => START + time)
    const rank = (phase: { lifeCycle: string; ending: unknown }) =>
      phase.ending ? STAGES.length : STAGES.indexOf(phase.lifeCycle)
    for (const phases of [
      sorted.map((now) => roundPhase(round, now)),
      ...round.attempts.map((attempt) => sorted.map((now) => attemptPhase(attempt, now))),
    ]) {
      const ranks = phases.map(rank)
      assert.ok(!ranks.includes(-1))
      assert.deepEqual(
        ranks,
        ranks.toSorted((a, b) => a - b),
      )
    }
    assert.ok(roundPhase(round, round.end).ending)
    for (const attempt of round.attempts) assert.ok(attemptPhase(attempt, round.end).ending, 'no task outlives its run')
  })
  await t.resolves(async () => fc.assert(property))
})
