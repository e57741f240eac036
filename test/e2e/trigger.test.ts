import t from 'tap'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

t.test('a job is triggered, watched to its end, read and counted', async (t) => {
  const simulator = await startSimulator(t, {
    jobs: [
      {
        job_id: '11',
        name: 'loads',
        parameters: [{ name: 'day', default: '1970-01-01' }],
        tasks: [{ task_key: 'load', duration_ms: 300 }],
      },
      {
        job_id: '12',
        name: 'fails',
        tasks: [
          { task_key: 'extract', duration_ms: 100 },
          {
            task_key: 'load',
            depends_on: [{ task_key: 'extract' }],
            duration_ms: 100,
            outcome: 'failed',
            error: '\u001b[31mAnalysisException\u001b[0m: Table or view not found: stg.sales\n  at line 1',
          },
        ],
      },
    ],
  })
  const gateway = await startGateway(
    t,
    writeConfig(t, simulator, {
      jobs: { loads: { job_id: '11', parameters: { day: { type: 'date', required: true } } }, fails: { job_id: '12' } },
    }),
  )

  const accepted = await gateway.trigger('loads', { parameters: { day: '20251202' } }, { key: 'LOADS-1' })
  t.match(accepted, { status: 202, body: { job: 'loads', done: false, result: '', replayed: false, attempt: 1 } })
  t.equal(accepted.headers.get('x-run-id'), accepted.body.id)

  const run = await gateway.ended(accepted.body.id)
  t.match(run, {
    state: 'SUCCEEDED',
    result: 'OK',
    done: true,
    parameters: { day: '2025-12-02' },
    key: 'LOADS-1',
    task_counts: { total: 1, succeeded: 1 },
  })
  t.equal(run.databricks_run_id, simulator.runs()[0]?.run_id)
  t.match(await gateway.call('GET', '/run?job=loads&key=LOADS-1'), {
    status: 200,
    body: { id: run.id, state: 'SUCCEEDED' },
  })
  t.match(await gateway.call('GET', `/runs/${run.databricks_run_id}`), { status: 200, body: { id: run.id } })

  const failing = await gateway.trigger('fails')
  const failed = await gateway.ended(failing.body.id)
  t.match(failed, {
    state: 'FAILED',
    result: 'KO',
    failure: {
      cause: 'user_code',
      task_key: 'load',
      message: 'load: AnalysisException: Table or view not found: stg.sales',
    },
  })

  const list = await gateway.call('GET', '/runs')
  t.same(
    list.body.runs.map((run: { job: string }) => run.job),
    ['fails', 'loads'],
    'newest first',
  )

  const ended = (labels: Record<string, string>) => gateway.metric('job_gateway_runs_finished_total', labels)
  t.equal(await ended({ job: 'loads', state: 'SUCCEEDED' }), 1)
  t.equal(await ended({ job: 'fails', state: 'FAILED', cause: 'user_code' }), 1)
  t.equal(await ended({ job: 'fails', state: 'TIMED_OUT' }), 0, 'exported from 0')
})
