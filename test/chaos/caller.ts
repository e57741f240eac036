import { setTimeout as sleep } from 'node:timers/promises'
import { KEY } from './landscape.ts'
import type { Replica } from './replica.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: what is missing in it is found when the books are balanced
  body: any
}

/** Calls of schedulers, and what was wrong with any of them. */
export interface Caller {
  /** Repeats the call, at any gateway, until it is answered by something that is no trouble of the moment. */
  insist(method: string, path: string): Promise<Answer>
  calls(): number
  /** Calls that ended without an answer because their gateway had been killed. */
  cut(): number
  problems: string[]
}

/** Longer than any answer may take: the longest wait, and a gateway that is stopped, and a ledger that is away. */
const HUNG_MS = 60_000
const PAUSE_MS = 300
const IN_PLAIN_TROUBLE = new Set(['ledger-unavailable', 'databricks-unavailable'])

export function createCaller(replicas: Replica[], random: () => number): Caller {
  const problems: string[] = []
  let calls = 0
  let cut = 0

  /** Any that there is, or any at all. */
  function pick(): Replica {
    const there = replicas.filter((replica) => !replica.isAway())
    const choice = there.length > 0 ? there : replicas
    return choice[Math.floor(random() * choice.length)] as Replica
  }

  /** undefined: no answer. */
  async function call(method: string, path: string): Promise<Answer | undefined> {
    const replica = pick()
    const began = performance.now()
    calls++
    try {
      const response = await fetch(replica.url + path, {
        method,
        headers: { 'x-api-key': KEY },
        signal: AbortSignal.timeout(HUNG_MS),
      })
      return { status: response.status, body: await response.json() }
    } catch (error) {
      cut++
      const waited = Math.round(performance.now() - began)
      if (!replica.wasAwaySince(began))
        problems.push(`${method} ${path} had no answer after ${waited} ms: ${describe(error)}`)
      return undefined
    }
  }

  function isTrouble(method: string, path: string, { status, body }: Answer): boolean {
    if (status < 500 && status !== 429) return false
    const isAwait = path.includes('await')
    if (status !== 503 || isAwait || !IN_PLAIN_TROUBLE.has(body.code)) {
      problems.push(`${method} ${path} was answered ${status} ${JSON.stringify(body)}`)
    }
    return true
  }

  return {
    async insist(method, path) {
      for (;;) {
        const answer = await call(method, path)
        if (answer && !isTrouble(method, path, answer)) return answer
        await sleep(PAUSE_MS)
      }
    },
    calls: () => calls,
    cut: () => cut,
    problems,
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause)
}
