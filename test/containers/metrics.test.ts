import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { sampleRun } from '../ledger/sample.ts'
import { createSources, createTestMetrics, NOW } from '../support/test-metrics.ts'
import { createDatabase } from './support/postgres.ts'

const DAY_MS = 86_400_000
const OLD = NOW - 100 * DAY_MS
const ROUND = {
  endedBefore: NOW - 90 * DAY_MS,
  tombstonesBefore: NOW - 400 * DAY_MS,
  eventsBefore: 0,
  now: NOW,
  limit: 20,
}

/** What a process measures of itself and of its own calls. */
const OF_THE_PROCESS = /^(process_|nodejs_|http_|job_gateway_(ledger_request_duration|ledger_size|ledger_up))/

const endRun = async (store: RunStore, job: string, ending: 'SUCCEEDED' | 'FAILED') => {
  const run = sampleRun({ job, created_at: OLD })
  await store.insert(run)
  const [result, cause] = ending === 'SUCCEEDED' ? (['OK', null] as const) : (['KO', 'user_code'] as const)
  const end = { state: ending, result, cause, finished_at: OLD + 60_000, run_ms: 60_000, due_at: null }
  return store.update(run, end, { job, state: ending, result, cause: cause ?? '' })
}

t.test('every replica shows the same figures of the ledger, before and after a purge by several', async (t) => {
  const database = await createDatabase(t)
  const replicas = await Promise.all(
    [1, 2].map(async () => {
      const store = await openLedger(database.options())
      t.teardown(() => store.close())
      const { metrics, scrape } = await createTestMetrics(t)
      metrics.readFrom({ ...createSources().sources, store })
      const read = async () => (await scrape()).filter(({ name }) => !OF_THE_PROCESS.test(name))
      return { store, read }
    }),
  )
  const stores = replicas.map(({ store }) => store)
  const everywhere = () => Promise.all(replicas.map(({ read }) => read()))

  const jobs = ['nightly-load', 'strict']
  const endings = ['SUCCEEDED', 'FAILED'] as const
  await Promise.all(
    stores.map(async (store) => {
      for (let n = 0; n < 20; n++) await endRun(store, jobs[n % 2] as string, endings[(n >> 1) % 2] as 'FAILED')
    }),
  )
  for (const store of stores) await store.insert(sampleRun({ created_at: NOW - 5_000 }, { state: 'SUBMITTING' }))

  const [before, same] = await everywhere()
  t.same(before, same)
  const finished = (samples = before) =>
    samples
      ?.filter(({ name, value }) => name === 'job_gateway_runs_finished_total' && value > 0)
      .map(({ labels, value }) => [labels['job'], labels['state'], value])
      .sort()
  const totals = jobs.flatMap((job) => [...endings].sort().map((state) => [job, state, 10]))
  t.same(finished(), totals)

  const purge = async (store: RunStore) => {
    while (await store.purge(ROUND));
  }
  await Promise.all(stores.map(purge))
  t.equal((await database.query('select count(*)::int as runs from runs'))[0]?.['runs'], 2, 'all ended ones are gone')
  const [after, too] = await everywhere()
  t.same(after, too)
  t.same(finished(after), totals)
  t.same(after, before)
})
