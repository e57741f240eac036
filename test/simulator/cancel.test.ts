import t from 'tap'
import { openWorkspace } from './client.ts'

const tasks = [
  { task_key: 'a', duration_ms: 10_000 },
  { task_key: 'b', depends_on: [{ task_key: 'a' }] },
]
const job = { name: 'long', job_id: '1', tasks }

t.test('a cancel takes its time, and ends every task that was not over', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [job], options: { cancel_type: 'SUCCESS' } })
  const runId = await workspace.run('1')
  workspace.advance(5_000)
  t.match(await workspace.post('runs/cancel', `{"run_id":${runId}}`), { status: 200, text: '{}' })
  t.match(await workspace.read(runId), { state: { life_cycle_state: 'TERMINATING' }, end_time: 0 })
  workspace.advance(500)
  const ended = {
    state: { life_cycle_state: 'TERMINATED', result_state: 'CANCELED', user_cancelled_or_timedout: true },
    status: { state: 'TERMINATED', termination_details: { code: 'USER_CANCELED', type: 'SUCCESS' } },
  }
  t.match(await workspace.read(runId), { ...ended, tasks: [ended, ended], run_duration: 5_500 })
})

t.test('a cancel of an ended run changes nothing, and may be an error', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [job] })
  const runId = await workspace.run('1')
  workspace.advance(60_000)
  t.match(await workspace.post('runs/cancel', `{"run_id":${runId}}`), { status: 200 })
  t.match(await workspace.read(runId), { state: { result_state: 'SUCCESS' } })
  workspace.setOptions({ cancel_ended_status: 400 })
  t.match(await workspace.post('runs/cancel', `{"run_id":${runId}}`), { status: 400 })
  t.match(await workspace.post('runs/cancel', '{"run_id":5}'), { body: { message: 'Run 5 does not exist.' } })
})

t.test('a cancelled run leaves its place, and a queued one the queue', async (t) => {
  const workspace = await openWorkspace(t, { jobs: [job] })
  const [first, second, third] = [await workspace.run('1'), await workspace.run('1'), await workspace.run('1')]
  await workspace.post('runs/cancel', `{"run_id":${second}}`)
  t.match(await workspace.read(second), { state: { life_cycle_state: 'TERMINATED', result_state: 'CANCELED' } })
  await workspace.post('runs/cancel', `{"run_id":${first}}`)
  t.match(await workspace.read(third), { state: { life_cycle_state: 'QUEUED' } })
  workspace.advance(500)
  t.match(await workspace.read(third), { state: { life_cycle_state: 'PENDING' }, queue_duration: 500 })
})
