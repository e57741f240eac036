import fc from 'fast-check'
import t from 'tap'
import type { DueLook } from '../../src/runs/store.ts'
import { PAGE_ROWS, type Plan, type PlanInput, planLooks } from '../../src/runs/watch/plan.ts'

const NOW = 1_000_000
const PATIENCE = 30_000

let made = 0

function look(facts: Partial<DueLook> = {}): DueLook {
  const id = `${made++}`
  return {
    run_id: id,
    databricks_run_id: id,
    databricks_job_id: '1',
    number: 1,
    kind: 'first',
    state: 'RUNNING',
    workspace_host: 'https://a.example',
    started_at: NOW - 60_000,
    tasks_observed_at: NOW - 50_000,
    missing_count: 0,
    due_at: NOW - 1_000,
    ...facts,
  }
}

const looks = (count: number, facts: Partial<DueLook> = {}) => Array.from({ length: count }, () => look(facts))

function plan(due: DueLook[], input: Partial<PlanInput> = {}): Plan {
  return planLooks({
    due,
    needsGet: ({ kind }) => kind === 'repair',
    rowsPerRun: () => 1,
    budget: { gets: 1_000, lists: 1_000 },
    now: NOW,
    patienceMs: PATIENCE,
    ...input,
  })
}

const shape = ({ gets, lists, left }: Plan) => ({
  gets: gets.length,
  lists: lists.map(({ databricksJobId, looks: shown }) => [databricksJobId ?? 'all', shown.length]),
  left: left.length,
})

t.test('one run of a job is got, two are listed', async (t) => {
  t.same(shape(plan(looks(1))), { gets: 1, lists: [], left: 0 })
  t.same(shape(plan(looks(2))), { gets: 0, lists: [['1', 2]], left: 0 })
})

t.test('many jobs with one run each: one list of the workspace', async (t) => {
  const due = Array.from({ length: 100 }, (_, job) => look({ databricks_job_id: `${job}` }))
  t.same(shape(plan(due)), { gets: 0, lists: [['all', 100]], left: 0 })
  const crowded = { rowsPerRun: (job: string | undefined) => (job === undefined ? 40 : 1) }
  t.same(shape(plan(due, crowded)), { gets: 100, lists: [], left: 0 }, 'unless it is full of foreign runs')
})

t.test('a job whose list is full of foreign runs, or cannot be had, is got one by one', async (t) => {
  const rowsPerRun = (job: string | undefined) => (job === '2' ? Number.POSITIVE_INFINITY : 1)
  const due = [...looks(50), ...looks(10, { databricks_job_id: '2' })]
  t.same(shape(plan(due, { rowsPerRun: (job) => (job === undefined ? 99 : rowsPerRun(job)) })), {
    gets: 10,
    lists: [['1', 50]],
    left: 0,
  })
})

t.test('what needs a get of its own gets it', async (t) => {
  t.same(shape(plan([...looks(30), ...looks(2, { kind: 'repair' })])), { gets: 2, lists: [['1', 30]], left: 0 })
})

t.test('a list goes from the first to the last start that Databricks told', async (t) => {
  const due = [5, 3, 9].map((started_at) => look({ started_at }))
  t.match(plan(due).lists, [{ startTimeFrom: 3, startTimeTo: 9 }])
  const [list] = plan([...due, look({ started_at: null })]).lists
  t.match(list, { startTimeFrom: undefined, startTimeTo: undefined }, 'a run whose start is not known may be anywhere')
})

t.test('without budget for lists, runs wait for it; those that have waited long are got', async (t) => {
  const due = [...looks(3, { due_at: NOW - PATIENCE }), ...looks(5)]
  t.same(shape(plan(due, { budget: { gets: 10, lists: 0 } })), { gets: 3, lists: [], left: 5 })
})

const due = fc
  .array(
    fc.record({
      job: fc.integer({ min: 1, max: 6 }),
      repaired: fc.boolean(),
      started_at: fc.option(fc.integer({ min: 0, max: NOW }), { nil: null }),
      late: fc.integer({ min: 0, max: 2 * PATIENCE }),
    }),
    { maxLength: 300 },
  )
  .map((all) =>
    all
      .map(({ job, repaired, started_at, late }) =>
        look({
          databricks_job_id: `${job}`,
          kind: repaired ? 'repair' : 'first',
          started_at,
          due_at: NOW - late,
        }),
      )
      .sort((a, b) => a.due_at - b.due_at),
  )
const ratios = fc.array(fc.oneof(fc.constant(1), fc.double({ min: 1, max: 60, noNaN: true })), {
  minLength: 7,
  maxLength: 7,
})
const budgets = fc.record({ gets: fc.integer({ min: 0, max: 400 }), lists: fc.integer({ min: 0, max: 30 }) })

interface Case extends Plan {
  all: DueLook[]
  budget: PlanInput['budget']
  /** Of the lists, as they are estimated. */
  pages: number
}

const cases: fc.Arbitrary<Case> = fc.tuple(due, ratios, budgets).map(([all, ratio, budget]) => {
  const rowsPerRun = (job: string | undefined) => ratio[Number(job ?? 0)] ?? 1
  const made = plan(all, { budget, rowsPerRun })
  const pagesOf = ({ databricksJobId, looks: shown }: Plan['lists'][number]) =>
    Math.ceil((shown.length * rowsPerRun(databricksJobId)) / PAGE_ROWS)
  return { ...made, all, budget, pages: made.lists.reduce((sum, list) => sum + pagesOf(list), 0) }
})

const always = (holds: (one: Case) => boolean) => fc.assert(fc.property(cases, holds), { numRuns: 500 })
const waitsForList = ({ budget, pages }: Case, one: DueLook) =>
  one.kind === 'first' && pages >= budget.lists && NOW - one.due_at < PATIENCE

t.test('every due run is got, listed or left: once', async () =>
  always(({ all, gets, lists, left }) => {
    const shown = [...gets, ...lists.flatMap((list) => list.looks), ...left]
    return shown.length === all.length && new Set(shown).size === all.length
  }),
)

t.test('never dearer than gets alone, and within the budget', async () =>
  always(
    ({ all, gets, lists, pages, budget }) =>
      gets.length + pages <= all.length && gets.length <= budget.gets && (lists.length === 0 || budget.lists > 0),
  ),
)

t.test('a run is left only because the budget is spent', async () =>
  always((one) => one.gets.length === one.budget.gets || one.left.every((look) => waitsForList(one, look))),
)

t.test('the longest due come first', async () =>
  always((one) => {
    const lastGot = Math.max(...one.gets.map(({ due_at }) => due_at))
    return one.left.every((look) => waitsForList(one, look) || lastGot <= look.due_at)
  }),
)

t.test('a list can show all that it is to show', async () =>
  always(({ lists }) =>
    lists.every(({ startTimeFrom: from, startTimeTo: to, databricksJobId, looks: shown }) =>
      shown.every(
        ({ kind, started_at: start, databricks_job_id }) =>
          kind === 'first' &&
          (databricksJobId ?? databricks_job_id) === databricks_job_id &&
          (from === undefined || to === undefined || (start !== null && start >= from && start <= to)),
      ),
    ),
  ),
)
