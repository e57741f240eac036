import t, { type Test } from 'tap'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Gateway, startSimulator } from '../support/gateway.ts'
import { defineLoadJob } from './support/load-job.ts'
import { startReplicas } from './support/replicas.ts'

/** REPLICAS_KEYS=1000 makes 2,000 triggers. */
const KEYS = Number(process.env['REPLICAS_KEYS'] ?? 150)
/** Keys sent at the same time. */
const AT_ONCE = 20
/** How far the looks of four replicas and of one may differ; few runs leave more to chance. */
const TOLERANCE = KEYS < 500 ? 0.25 : 0.1
const RUN_NOW = 'POST /api/2.2/jobs/run-now'
const LOOKS = ['GET /api/2.2/jobs/runs/get', 'GET /api/2.2/jobs/runs/list']
/** The limits that Databricks reports, and the budget that the gateway keeps by default. */
const LIMITS = { options: { rate_limits: 'reference', max_calls: 100_000 } } as const

const JOB = defineLoadJob([3_000, 4_500, 6_000])

interface Load {
  /** Ids that each key was answered with. */
  ids: Set<string>[]
  /** The state in which each run's wait ended. */
  ended: string[]
  simulator: Simulator
}

/** Each key twice at once to different gateways, and then a wait for its end at a third. */
async function runLoad(t: Test, replicas: number): Promise<Load> {
  const simulator = await startSimulator(t, { jobs: [JOB], ...LIMITS })
  const gateways = await startReplicas(t, replicas, simulator, {
    jobs: { load: { job_id: '11' } },
    workspace: { budget: {} },
    watch: { min_interval_seconds: 1, max_interval_seconds: 8 },
  })
  let turn = 0
  const next = () => gateways[turn++ % gateways.length] as Gateway
  const ids: Set<string>[] = []
  const waits: Promise<{ state: string }>[] = []

  /** As a scheduler does, when the machine is too busy for the ledger to answer in time. */
  async function triggerPatiently(key: string): Promise<string> {
    const { body, text } = await next().trigger('load', undefined, { key })
    if (body.id !== undefined) return body.id
    if (body.code !== 'ledger-unavailable') throw new Error(`${key}: ${text}`)
    t.comment(`${key}: ${body.detail}`)
    return triggerPatiently(key)
  }

  async function trigger(n: number): Promise<void> {
    const known = new Set(await Promise.all([1, 2].map(() => triggerPatiently(`K-${n}`))))
    ids.push(known)
    for (const id of known) waits.push(next().ended(id))
  }

  const keys = Array.from({ length: KEYS }, (_, n) => n).values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const n of keys) await trigger(n)
    }),
  )
  return { ids, ended: (await Promise.all(waits)).map(({ state }) => state), simulator }
}

const looksOf = ({ simulator }: Load) => LOOKS.reduce((sum, call) => sum + (simulator.counts()[call] ?? 0), 0)

t.test(`${KEYS} keys, each sent twice at once to four replicas`, async (t) => {
  const four = await runLoad(t, 4)
  t.ok(
    four.ids.every((ids) => ids.size === 1),
    'one key, one run',
  )
  t.same([...new Set(four.ended)], ['SUCCEEDED'], 'every wait ends, wherever the end was learnt')
  t.equal(four.simulator.runs().length, KEYS, 'each exactly once upstream')
  const calls = four.simulator.calls()
  t.same(
    calls.filter(({ status }) => status === 429),
    [],
    'within the rates of the workspace',
  )

  const one = await runLoad(t, 1)
  const [looks, alone] = [looksOf(four), looksOf(one)]
  t.comment(`looks upstream: ${looks} by four, ${alone} by one; run-now: ${four.simulator.counts()[RUN_NOW]}`)
  t.ok(Math.abs(looks / alone - 1) <= TOLERANCE, `${looks} looks upstream by four, ${alone} by one`)
})
