import t from 'tap'
import { openWorkspace } from './client.ts'

const after = (task_key: string, ...from: string[]) => ({
  task_key,
  depends_on: from.map((key) => ({ task_key: key })),
})
const tasks = [
  after('extract'),
  { ...after('load', 'extract'), attempts: ['failed', 'failed', 'success'] },
  after('report', 'load'),
]
const parameters = [{ name: 'day', default: '1970-01-01' }]
const job = { name: 'job', job_id: '1', parameters, tasks }

t.test('a repair opens the same run again, and history tells', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [job] })
  const runId = await workspace.run('1', { job_parameters: { day: '2026-01-15' } })
  const repair = (fields: string) => workspace.post('runs/repair', `{"run_id":${runId},${fields}}`)
  const all = '"rerun_all_failed_tasks":true'

  t.match(await repair(all), { status: 400, body: { error_code: 'INVALID_STATE' } }, 'not while it is active')
  workspace.advance(60_000)
  const first = await repair(all)
  t.equal(first.status, 200)
  t.match(await workspace.read(runId), {
    state: { life_cycle_state: 'PENDING' },
    end_time: 0,
    job_parameters: [{ name: 'day', value: '1970-01-01' }],
  })
  t.match(workspace.runs(), [{ run_id: runId, end_time: null, repairs: 1 }])
  workspace.advance(60_000)

  t.match(await repair(all), {
    status: 400,
    body: { message: 'The latest repair ID needs to be provided in order to create a new repair' },
  })
  t.match(await repair(`${all},"latest_repair_id":5`), { status: 400 })
  const second = await repair(`${all},"latest_repair_id":${first.body['repair_id']}`)
  workspace.advance(60_000)
  const { body } = await workspace.get(`runs/get?run_id=${runId}&include_history=true`)
  t.equal(body.state.result_state, 'SUCCESS')
  t.match(body['repair_history'], [
    { type: 'ORIGINAL', state: { result_state: 'FAILED' }, task_run_ids: { length: 3 } },
    { type: 'REPAIR', id: first.body['repair_id'], state: { result_state: 'FAILED' }, task_run_ids: { length: 2 } },
    { type: 'REPAIR', id: second.body['repair_id'], state: { result_state: 'SUCCESS' }, task_run_ids: { length: 2 } },
  ])
  t.strictSame(
    body.tasks.filter((task) => task.task_key === 'load').map((task) => [task.attempt_number, task.state.result_state]),
    [
      [0, 'FAILED'],
      [1, 'FAILED'],
      [2, 'SUCCESS'],
    ],
  )
  t.match(await repair(`${all},"latest_repair_id":${second.body['repair_id']}`), { status: 400 }, 'nothing to repair')
})

t.test('a repair of named tasks, with or without what depends on them', async (t) => {
  const workspace = await openWorkspace(t, {
    jobs: [{ ...job, tasks: tasks.map((task) => ({ ...task, attempts: ['success'] })) }],
  })
  const runId = await workspace.run('1')
  workspace.advance(60_000)
  const repair = (fields: string) => workspace.post('runs/repair', `{"run_id":${runId},${fields}}`)
  t.match(await repair('"rerun_tasks":["load"],"rerun_all_failed_tasks":true'), { status: 400 })
  t.match(await repair('"rerun_dependent_tasks":true'), { status: 400 })
  t.match(await repair('"rerun_tasks":["other"]'), { status: 400, body: { message: 'Task other does not exist.' } })
  const { body } = await repair('"rerun_tasks":["load"]')
  workspace.advance(60_000)
  t.equal((await workspace.read(runId)).tasks.length, 4)
  await repair(`"rerun_tasks":["load"],"rerun_dependent_tasks":true,"latest_repair_id":${body['repair_id']}`)
  workspace.advance(60_000)
  t.equal((await workspace.read(runId)).tasks.length, 6)
})

t.test('a repair uses the job as it is now', async (t) => {
  const workspace = await openWorkspace(t, {
    jobs: [{ name: 'job', job_id: '1', tasks: [{ task_key: 'a', outcome: 'failed' }] }],
  })
  const runId = await workspace.run('1')
  workspace.advance(60_000)
  workspace.defineJob({ name: 'job', job_id: '1', tasks: [{ task_key: 'a' }] })
  await workspace.post('runs/repair', `{"run_id":${runId},"rerun_tasks":["a"]}`)
  workspace.advance(60_000)
  t.match(await workspace.read(runId), { state: { result_state: 'SUCCESS' } })
})
