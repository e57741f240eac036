import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Gateway, KEYS, startSimulator } from '../support/gateway.ts'
import { startBalancer } from './support/balancer.ts'
import { defineLoadJob } from './support/load-job.ts'
import { replace, startReplica, writeSharedConfig } from './support/replicas.ts'

/** New connections a second; RESTART_RATE asks for more. All of them, callers, balancer and replicas, share this machine. */
const RATE = Number(process.env['RESTART_RATE'] ?? 20)
const REPLICAS = 4
/** How late the balancer learns that a replica is no longer ready, or is again. */
const LATE_MS = 5_000
/** Longer than the balancer goes on sending. */
const DRAIN_SECONDS = LATE_MS / 1000 + 2
const WAIT = { prefer: 'wait=45' }
/** No answer takes longer. */
const PATIENCE_MS = 60_000
/** How often each key's run is looked at. */
const LOOKS = 7
const LOOK_EVERY_MS = 500
/** A key is sent twice, awaited, and looked at. */
const CONNECTIONS_PER_KEY = 2 + 1 + LOOKS
/** Connections that callers keep, and how often each calls. */
const POLLERS = 4
const POLL_EVERY_MS = 200

/** Some end at once, most outlast a drain. */
const JOB = defineLoadJob([500, 4_000, 8_000, 12_000])

interface Answer {
  status: number
  location: string | undefined
  body: { id: string; state: string; done: boolean }
}

interface Sheet {
  calls: number
  waits: number
  /** Waits that a drain ended before the run did: asked again at Location. */
  askedAgain: number
  failures: string[]
  /** Ids that each key was answered with. */
  ids: Set<string>[]
}

/** Calls that all have to be answered; what was not is in the sheet. */
function createCallers(base: string) {
  const sheet: Sheet = { calls: 0, waits: 0, askedAgain: 0, failures: [], ids: [] }

  /** On a connection of its own, unless an agent keeps one. */
  async function call(method: string, path: string, headers = {}, agent: Agent | false = false): Promise<Answer> {
    sheet.calls++
    const url = new URL(path, base)
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const signal = AbortSignal.timeout(PATIENCE_MS)
        request(url, { method, agent, signal, headers: { 'x-api-key': KEYS['control-m'], ...headers } })
          .on('response', resolve)
          .on('error', reject)
          .end()
      })
      const body = await text(response)
      const { statusCode: status = 0, headers: answered } = response
      if (status !== 200 && status !== 202) throw new Error(`${status} ${body}`)
      return { status, location: answered.location, body: JSON.parse(body) }
    } catch (error) {
      sheet.failures.push(`${new Date().toISOString()} ${method} ${url.pathname}: ${error}`)
      throw error
    }
  }

  /** Waits again, where the answers point, until the run is done. */
  async function follow(first: Promise<Answer>): Promise<Answer> {
    sheet.waits++
    let answer = await first
    while (!answer.body.done) {
      sheet.askedAgain++
      if (answer.location === undefined) throw new Error(`no Location: ${JSON.stringify(answer)}`)
      answer = await call('GET', answer.location, WAIT)
    }
    return answer
  }

  return {
    sheet,

    /** A key is sent twice at once; one of the two waits for the end, for the other the run is looked at and awaited. */
    async runOnce(key: string): Promise<void> {
      const trigger = (headers: object) => call('POST', '/trigger/load', { 'idempotency-key': key, ...headers })
      const ids = new Set<string>()

      async function look(): Promise<void> {
        for (let looks = 0; looks < LOOKS; looks++) {
          ids.add((await call('GET', `/run?job=load&key=${key}`)).body.id)
          await sleep(LOOK_EVERY_MS)
        }
      }

      async function observe({ body: { id } }: Answer): Promise<Answer> {
        const [awaited] = await Promise.all([follow(call('GET', `/runs/${id}/await`, WAIT)), look()])
        return awaited
      }

      for (const { body } of await Promise.all([follow(trigger(WAIT)), trigger({}).then(observe)])) {
        ids.add(body.id)
        if (body.state !== 'SUCCEEDED') sheet.failures.push(`${key}: ${body.state}`)
      }
      sheet.ids.push(ids)
    },

    /** A caller that keeps its connection, as long as the gateway does. */
    async poll(signal: AbortSignal): Promise<void> {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (!signal.aborted) {
        await call('GET', '/jobs', {}, agent)
        await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => {})
      }
      agent.destroy()
    },
  }
}

type Callers = ReturnType<typeof createCallers>

/** As many callers as the rate has, however late this process is, until the signal; resolves when all are answered. */
async function keepCalling(callers: Callers, signal: AbortSignal): Promise<void> {
  // Failures are in the sheet.
  const going = Array.from({ length: POLLERS }, () => callers.poll(signal).catch(() => {}))
  const begun = performance.now()
  let sent = 0
  while (!signal.aborted) {
    const due = ((performance.now() - begun) / 1000) * (RATE / CONNECTIONS_PER_KEY)
    while (sent < due) going.push(callers.runOnce(`K-${sent++}`).catch(() => {}))
    await sleep(10)
  }
  await Promise.all(going)
}

/** One after the other; how many requests each still served after it was asked to stop. */
async function restartAll(t: Test, config: string, gateways: Gateway[]): Promise<number[]> {
  const served: number[] = []
  for (const gateway of gateways) {
    gateway.signal('SIGTERM')
    t.equal(await gateway.exited, 0)
    t.equal(gateway.stderr(), '')
    const events = gateway.lines().map(({ event }) => event)
    served.push(events.slice(events.indexOf('gateway.draining')).filter((event) => event === 'http.request').length)
    await replace(t, config, gateway)
  }
  return served
}

t.test(`a rolling restart under ${RATE} new connections a second`, async (t) => {
  const simulator = await startSimulator(t, { jobs: [JOB] })
  const config = await writeSharedConfig(t, simulator, {
    jobs: { load: { job_id: '11' } },
    server: { drain_seconds: DRAIN_SECONDS },
    watch: { min_interval_seconds: 1, max_interval_seconds: 8 },
  })
  const gateways = await Promise.all(Array.from({ length: REPLICAS }, () => startReplica(t, config)))
  await using balancer = await startBalancer(
    gateways.map(({ url }) => url),
    { lateMs: LATE_MS },
  )
  const callers = createCallers(balancer.url)
  const stopping = new AbortController()
  const begun = performance.now()
  const calling = keepCalling(callers, stopping.signal)
  const served = await restartAll(t, config, gateways)
  const ms = performance.now() - begun
  // Until the balancer sends to all of them again.
  await sleep(LATE_MS)
  stopping.abort()
  await calling

  const { calls, waits, askedAgain, failures, ids } = callers.sheet
  const seconds = Math.round(ms / 1000)
  t.comment(`restarted in ${seconds} s: ${calls} calls in all, ${failures.length} failed`)
  t.comment(`${ids.length} keys; ${waits} waits, ${askedAgain} of them asked again; served while draining: ${served}`)
  t.same(failures.slice(0, 20), [], 'every call is answered')
  t.ok(
    served.every((count) => count > 0),
    'replicas that stop are called until the balancer has learnt',
  )
  t.ok(askedAgain > 0, 'some waits are longer than a replica lives')
  t.equal(ids.length, waits / 2, 'no wait is lost')
  t.ok(
    ids.every((known) => known.size === 1),
    'one key, one run',
  )
  t.equal(simulator.runs().length, ids.length, 'each exactly once upstream')
})
