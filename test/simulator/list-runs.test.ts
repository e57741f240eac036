import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { RunSummary } from '../../src/simulator/run.ts'
import { type Client, EPOCH, openWorkspace } from './client.ts'

const SECOND = 1_000
const jobOf = (job_id: string) => ({
  name: `job ${job_id}`,
  job_id,
  max_concurrent_runs: 2,
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 5 * SECOND }],
})

const step = fc.record({
  what: fc.constantFrom('trigger', 'cancel', 'wait'),
  which: fc.nat({ max: 30 }),
  seconds: fc.integer({ min: 0, max: 4 }),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function history(workspace: Client, steps: readonly Step[]): Promise<void> {
  for (const { what, which, seconds } of steps) {
    const target = workspace.runs()[which]
    if (what === 'trigger') await workspace.run(which % 2 === 0 ? '1' : '2')
    if (what === 'cancel' && target) await workspace.post('runs/cancel', `{"run_id":${target.run_id}}`)
    workspace.advance(seconds * SECOND)
  }
}

const filter = fc.record(
  {
    only: fc.constantFrom('active_only', 'completed_only'),
    job_id: fc.constantFrom('1', '2'),
    from: fc.integer({ min: 0, max: 30 }),
    to: fc.integer({ min: 0, max: 60 }),
    limit: fc.integer({ min: 1, max: 25 }),
  },
  { requiredKeys: ['limit'] },
)

type Filter = typeof filter extends fc.Arbitrary<infer T> ? T : never

/** Every page of runs/list, as run ids. */
async function listAll(workspace: Client, { only, job_id, from, to, limit }: Filter): Promise<string[]> {
  const query = new URLSearchParams({ limit: `${limit}` })
  if (only) query.set(only, 'true')
  if (job_id) query.set('job_id', job_id)
  if (from !== undefined) query.set('start_time_from', `${EPOCH + from * SECOND}`)
  if (to !== undefined) query.set('start_time_to', `${EPOCH + to * SECOND}`)
  const ids: string[] = []
  for (;;) {
    const { body } = await workspace.get(`runs/list?${query}`)
    if (body.runs.length > limit) throw new Error(`a page of ${body.runs.length} runs`)
    ids.push(...body.runs.map((run) => `${run.run_id}`))
    if (!body.next_page_token) return ids
    query.set('page_token', body.next_page_token)
  }
}

function passes(run: RunSummary, { only, job_id, from = 0, to = Number.POSITIVE_INFINITY }: Filter): boolean {
  const start = (run.start_time - EPOCH) / SECOND
  const state = only === undefined || (only === 'completed_only') === (run.end_time !== null)
  return state && (job_id === undefined || run.job_id === job_id) && start >= from && start <= to
}

type Order = 'end_time' | 'start_time'

/** The instant by which a run is placed among its like. */
function rank(run: RunSummary, order: Order): number {
  return order === 'start_time' || run.end_time === null ? run.start_time : run.end_time
}

function isInOrder(runs: readonly RunSummary[], order: Order): boolean {
  return runs.every((run, i) => {
    const next = runs[i + 1]
    if (!next) return true
    const sameGroup = order === 'start_time' || (run.end_time === null) === (next.end_time === null)
    return sameGroup ? rank(run, order) >= rank(next, order) : run.end_time === null
  })
}

t.test('runs/list shows exactly the runs that pass, in the order it promises', async (t) => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60, size: 'large' }),
    fc.array(filter, { minLength: 1, maxLength: 4 }),
    fc.constantFrom<Order>('end_time', 'start_time'),
    async (steps, filters, order) => {
      const workspace = await openWorkspace(t, { jobs: [jobOf('1'), jobOf('2')], options: { list_order: order } })
      await history(workspace, steps)
      const runs = workspace.runs()
      for (const each of filters) {
        const listed = await listAll(workspace, each)
        const expected = runs.filter((run) => passes(run, each)).map((run) => run.run_id)
        assert.deepEqual(listed.toSorted(), expected.toSorted())
        const shown = listed.flatMap((id) => runs.find((run) => run.run_id === id) ?? [])
        assert.ok(isInOrder(shown, order), `not in the order of ${order}`)
      }
      await workspace.close()
    },
  )
  await t.resolves(fc.assert(property, { numRuns: 40 }))
})

t.test('pages come from a set that moves', async (t) => {
  const job = { ...jobOf('1'), max_concurrent_runs: 100 }
  const workspace = await openWorkspace(t, { jobs: [job] })
  for (let i = 0; i < 30; i++) {
    await workspace.run('1')
    workspace.advance(100)
  }
  const first = (await workspace.get('runs/list?active_only=true&limit=20')).body
  t.match(first.runs, { length: 20 })
  workspace.advance(60 * SECOND)
  const next = await workspace.get(`runs/list?active_only=true&limit=20&page_token=${first.next_page_token}`)
  t.match(next.body, { runs: { length: 0 }, prev_page_token: String })
})

t.test('wrong filters are refused, limits are as documented', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...jobOf('1'), max_concurrent_runs: 100 }] })
  for (let i = 0; i < 30; i++) await workspace.run('1')
  for (const [query, status, length] of [
    ['', 200, 20],
    ['limit=25', 200, 25],
    ['limit=0', 200, 25],
    ['offset=25&limit=25', 200, 5],
    ['run_type=SUBMIT_RUN', 200, 0],
    ['run_type=JOB_RUN', 200, 20],
    ['limit=26', 400],
    ['active_only=true&completed_only=true', 400],
    ['active_only=yes', 400],
    ['run_type=OTHER', 400],
    ['job_id=7', 400],
    ['start_time_from=x', 400],
    ['page_token=nonsense', 400],
  ] as const) {
    const answer = await workspace.get(`runs/list?${query}`)
    t.equal(answer.status, status, query)
    if (length !== undefined) t.equal(answer.body.runs.length, length, query)
  }
  t.notOk('tasks' in ((await workspace.get('runs/list')).body.runs[0] ?? {}))
  t.match((await workspace.get('runs/list?expand_tasks=true')).body.runs[0], { tasks: { length: 1 } })
})

t.test('runs are gone after 60 days, and when there are too many', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [{ ...jobOf('1'), max_concurrent_runs: 100 }] })
  const runId = await workspace.run('1', { idempotency_token: 'token' })
  workspace.advance(60 * 86_400_000)
  await workspace.read(runId)
  workspace.advance(60 * SECOND)
  t.match(await workspace.get(`runs/get?run_id=${runId}`), { status: 400 })
  t.not(await workspace.run('1', { idempotency_token: 'token' }), runId)
  workspace.setOptions({ max_runs: 3 })
  for (let i = 0; i < 9; i++) await workspace.run('1')
  workspace.advance(60 * SECOND)
  t.equal(workspace.runs().length, 3)
})
