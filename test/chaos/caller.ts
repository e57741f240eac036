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
  /**
   * Repeats the call, at any gateway, until it is answered by something that is no trouble of the moment. Each time,
   * `onSend` is told. Rejects once nobody has the patience any more.
   */
  insist(method: string, path: string, onSend?: () => void): Promise<Answer>
  calls(): number
  /** Calls that ended without an answer because their gateway had been killed. */
  cut(): number
  /** How long the slowest answer took, ms. */
  slowest(): number
  /** Whoever waited in vain. */
  hung: string[]
  problems: string[]
}

/** Longer than any answer may take: the longest wait, and a gateway that is stopped twice meanwhile. */
const HUNG_MS = 45_000
const PAUSE_MS = 300
const IN_PLAIN_TROUBLE = new Set(['ledger-unavailable', 'databricks-unavailable'])

export function createCaller(replicas: Replica[], random: () => number, patience: AbortSignal): Caller {
  const hung: string[] = []
  const problems: string[] = []
  let calls = 0
  let cut = 0
  let slowest = 0

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
        signal: AbortSignal.any([AbortSignal.timeout(HUNG_MS), patience]),
      })
      const answer = { status: response.status, body: await response.json() }
      slowest = Math.max(slowest, performance.now() - began)
      return answer
    } catch (error) {
      const waited = Math.round(performance.now() - began)
      const problem = `${method} ${path} had no answer after ${waited} ms: ${describe(error)}`
      if (waited >= HUNG_MS || patience.aborted) hung.push(problem)
      else if (replica.wasAwaySince(began)) cut++
      else problems.push(problem)
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
    async insist(method, path, onSend) {
      for (;;) {
        patience.throwIfAborted()
        onSend?.()
        const answer = await call(method, path)
        if (answer && !isTrouble(method, path, answer)) return answer
        await sleep(PAUSE_MS)
      }
    },
    calls: () => calls,
    cut: () => cut,
    slowest: () => slowest,
    hung,
    problems,
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause)
}
