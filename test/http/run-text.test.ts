import { equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { View } from '../../src/http/present.ts'
import { presentRun } from '../../src/http/present.ts'
import { createRunText } from '../../src/http/run-text.ts'
import { ACTIVE_STATES, DONE_STATES } from '../../src/runs/run.ts'
import { makeRun } from '../support/make-run.ts'

const instants = fc.option(fc.integer({ min: 0, max: 100_000 }))
const tasks = ['FAILED', 'SUCCEEDED'].map((state) => {
  return { task_key: state, state, databricks_run_id: null, attempt: 0, message: '' }
})

const runs = fc
  .record({
    state: fc.constantFrom(...ACTIVE_STATES, ...DONE_STATES),
    databricks_run_id: fc.constantFrom(null, '1'),
    started_at: instants,
    finished_at: instants,
    observed_at: instants,
    run_ms: instants,
    queue_ms: instants,
  })
  .map((attempt) => makeRun({ attempt: { ...attempt, tasks, created_at: 0 } }))

/** Every option of a view, so that none can be forgotten. */
const options: { [Option in keyof Required<View>]: fc.Arbitrary<View[Option]> } = {
  now: fc.integer({ min: 100_000, max: 200_000 }),
  staleAfterMs: fc.constant(60_000),
  replay: fc.constantFrom(undefined, 'under-way', 'ended'),
  message: fc.constantFrom(undefined, 'Another.'),
  output: fc.constantFrom(undefined, '', 'text'),
  allTasks: fc.boolean(),
  attempts: fc.constant([]),
}
const views: fc.Arbitrary<View> = fc.record(options, { requiredKeys: ['now', 'staleAfterMs'] })

t.test('the text is that of the run as it is shown, in whatever order it is asked for', async () => {
  fc.assert(
    fc.property(fc.array(runs, { minLength: 1 }), fc.array(fc.tuple(fc.nat(), views)), (some, asked) => {
      const runText = createRunText()
      for (const [index, view] of asked) {
        const run = some[index % some.length] ?? makeRun()
        equal(runText(run, view), JSON.stringify(presentRun(run, view)))
      }
    }),
  )
})
