import t from 'tap'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'
const quick = {
  job_id: '11',
  name: 'quick',
  pending_ms: 0,
  cleanup_ms: 0,
  tasks: [{ task_key: 'main', duration_ms: 50 }],
}

// Each waits for real deadlines, so they run side by side.
t.jobs = 4

for (const rerun of ['replay', 'new', 'repair', 'force']) {
  t.test(
    `an answer lost, then Databricks dead beyond the deadline, then a rerun=${rerun}: one run`,
    { buffered: true },
    async (t) => {
      const simulator = await startSimulator(t, { jobs: [quick] })
      simulator.addFault({ method: 'POST', path: RUN_NOW, when: 'after', drop: true })
      simulator.addFault({ path: '/api/*', status: 503, times: null, body: 'no' })
      const gateway = await startGateway(
        t,
        writeConfig(t, simulator, {
          jobs: { quick: { job_id: '11', rerun_min_seconds: 0 } },
          clients: { other: { permissions: ['admin'] } },
          server: { trigger_timeout_seconds: 0.5 },
        }),
      )
      const trigger = () => gateway.trigger('quick', undefined, { key: 'K', headers: {} })
      const first = await gateway.call('POST', `/trigger/quick?key=K&rerun=${rerun}&start_within=2`)
      t.match(first, { status: 202, body: { state: 'SUBMITTING' } })
      const unconfirmed = await gateway.ended(first.body.id)
      t.match(unconfirmed, { state: 'UNCONFIRMED', result: 'KO', failure: { cause: 'unconfirmed' } })

      simulator.clearFaults()
      // It may take one more probe until Databricks is asked again.
      const second = await gateway.call('POST', `/trigger/quick?key=K&rerun=${rerun}`)
      t.equal(second.body.id, first.body.id)
      const ended = await gateway.ended(first.body.id)
      t.match(ended, { state: 'SUCCEEDED', attempt: 1 })
      t.equal((await trigger()).body.id, first.body.id)
      t.equal(simulator.runs().length, 1, 'one run in Databricks')

      const { body } = await gateway.call('GET', `/admin/audit?run=${first.body.id}`, { client: 'other' })
      const kinds = body.events.map(({ detail }: { detail: { kind: string } }) => detail.kind)
      t.same(kinds, second.body.replayed ? ['first'] : ['resubmit', 'first'], 'who had it sent again is known')
      t.comment(`${rerun}: ${kinds}`)
    },
  )
}
