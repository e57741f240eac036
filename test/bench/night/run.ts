import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { HEADERS, TRIGGER_BODY } from '../gateway.ts'
import type { Night } from './start.ts'

/** Few: the time in which the gateway has to answer runs faster too, so a queue of calls that is short is long there. */
const CONNECTIONS = 10
const MAX_CALLS = 10
const CALL_AGAIN_MS = 200
const LOOK_MS = 1_000
/** The longest run is one hour; a night that is not over by then has been lost. */
const LONGEST_NIGHT_MS = 3 * 3_600_000

/** Triggers every run of the night as fast as the gateway takes them, the jobs in turns, a key each. */
export async function triggerAll({ gateway, jobs }: Night): Promise<void> {
  const all = Object.values(jobs).flat()
  const longest = Math.max(...all.map(({ lengthsMs }) => lengthsMs.length))
  const names = Array.from({ length: longest }, (_, nth) => all.filter(({ lengthsMs }) => nth < lengthsMs.length))
    .flat()
    .map(({ name }) => name)
  const pool = new Pool(gateway.url, { connections: CONNECTIONS, pipelining: 1 })
  await Promise.all(names.map((name, number) => trigger(pool, name, `night-${number}`)))
  await pool.close()
}

async function trigger(pool: Pool, job: string, key: string): Promise<void> {
  const headers = { ...HEADERS, 'idempotency-key': key }
  for (let call = 1; ; call++) {
    const answer = await pool.request({ path: `/trigger/${job}`, method: 'POST', headers, body: TRIGGER_BODY })
    const text = await answer.body.text()
    if (answer.statusCode === 202) return
    // As schedulers do: the key makes it safe.
    if (answer.statusCode !== 503 || call === MAX_CALLS) throw new Error(`${job}: ${answer.statusCode} ${text}`)
    await sleep(CALL_AGAIN_MS)
  }
}

/** Resolves once the gateway believes that every run is over. */
export async function waitForEnd({ gateway, clock }: Night): Promise<void> {
  for (const giveUpAt = clock.now() + LONGEST_NIGHT_MS; clock.now() < giveUpAt; await sleep(LOOK_MS)) {
    const samples = [...(await gateway.metrics())]
    const active = samples.filter(([name]) => name.startsWith('job_gateway_runs_active{'))
    if (active.every(([, count]) => count === 0)) return
  }
  throw new Error('the night did not end')
}
