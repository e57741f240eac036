import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Gateway } from './gateway.ts'

/** Schedulers that trigger with keys, each sent twice at once, and wait for the ends. */
export interface KeyedLoad {
  /** Those that are called. Of one that was taken out an answer may fail to come, and is asked for elsewhere. */
  gateways: Gateway[]
  /** Resolves once so many more orders are through. */
  more(count: number): Promise<void>
  /** Ids that each key was answered with; resolves when every order is through. Rejects with what went wrong in any. */
  stop(): Promise<Map<string, Set<string>>>
}

const AT_ONCE = 8
const PAUSE_MS = 20

export function startKeyedLoad(job: string): KeyedLoad {
  const gateways: Gateway[] = []
  const answered = new Map<string, Set<string>>()
  let [turn, through, stopping] = [0, 0, false]

  async function insist(ask: (gateway: Gateway) => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const gateway = gateways[turn++ % gateways.length]
      if (!gateway) {
        await sleep(PAUSE_MS)
        continue
      }
      try {
        const answer = await ask(gateway)
        if (answer.status === 200 || answer.status === 202) return answer
        throw new Error(`answered ${answer.status} ${answer.text}`)
      } catch (error) {
        if (gateways.includes(gateway)) throw error
      }
    }
  }

  async function carryOut(key: string): Promise<void> {
    const trigger = () => insist((gateway) => gateway.trigger(job, undefined, { key }))
    const ids = new Set((await Promise.all([trigger(), trigger()])).map(({ body }) => body.id))
    answered.set(key, ids)
    for (let status = 202; status === 202; ) {
      // A gateway that is asked to stop answers before the end.
      const answer = await insist((gateway) => gateway.call('GET', `/await?job=${job}&key=${key}&wait=10`))
      ids.add(answer.body.id)
      status = answer.status
    }
    through++
  }

  async function work(): Promise<void> {
    while (!stopping) {
      const key = `LOAD-${answered.size + 1}`
      answered.set(key, new Set())
      await carryOut(key)
    }
  }

  const working = Promise.all(Array.from({ length: AT_ONCE }, work))
  // It is told to whoever waits for more, or stops it.
  working.catch(() => {})
  return {
    gateways,
    async more(count) {
      const wanted = through + count
      while (through < wanted) await Promise.race([working, sleep(PAUSE_MS)])
    },
    async stop() {
      stopping = true
      await working
      return answered
    },
  }
}
