import type { Clock } from '../clock.ts'
import { decodeError } from './decode-error.ts'
import { isWebPage } from './error-body.ts'
import { DatabricksError } from './errors.ts'
import type { Answer } from './exchange.ts'
import type { Illness, Observer } from './types.ts'

const FAILURES_IN_A_ROW = 5
const PROBE_MS = 5_000

export interface Health {
  illness(): Illness | undefined
  /** The error of whatever is asked while ill. Undefined: ask. */
  refusal(): DatabricksError | undefined
  /** Aborted while nothing may wait, because Databricks is ill or the client closed. */
  signal(): AbortSignal
  /** Of every request by itself: what Databricks answered. */
  answered(answer: Answer): void
  /** No whole answer came. `reason` holds nothing that Databricks said. */
  unanswered(reason: string): void
  close(): void
}

interface HealthDeps {
  clock: Clock
  observer?: Observer | undefined
  /** One small request whose answer is told like any other's. */
  probe(deadline: number): Promise<unknown>
}

/**
 * After five failures in a row Databricks counts as ill: nobody waits for it and nothing is sent but a probe every 5 s,
 * until something is answered.
 */
export function createHealth({ clock, observer, probe }: HealthDeps): Health {
  let failures = 0
  let since = 0
  let reason = ''
  let onset = new AbortController()
  const closing = new AbortController()
  let recovery = new AbortController()

  const isIll = () => failures >= FAILURES_IN_A_ROW

  function fail(why: string): void {
    if (failures === 0) since = clock.now()
    failures += 1
    reason = why
    if (failures !== FAILURES_IN_A_ROW || closing.signal.aborted) return
    onset.abort()
    recovery = new AbortController()
    observer?.up(false)
    void probeUntil(AbortSignal.any([recovery.signal, closing.signal]))
  }

  async function probeUntil(over: AbortSignal): Promise<void> {
    await clock.sleep(PROBE_MS, over)
    while (!over.aborted) {
      const pause = clock.sleep(PROBE_MS, over)
      await probe(clock.now() + PROBE_MS).catch(() => {})
      await pause
    }
  }

  function recover(): void {
    const wasIll = isIll()
    failures = 0
    if (!wasIll) return
    onset = new AbortController()
    recovery.abort()
    observer?.up(true)
  }

  const illness = () => (isIll() ? { since, reason } : undefined)

  return {
    illness,
    refusal() {
      if (!isIll()) return undefined
      const message = `Databricks has not answered since ${new Date(since).toISOString()} (last: ${reason}); it is tried every ${PROBE_MS / 1000} s`
      return new DatabricksError(message, { kind: 'unavailable', reason: 'ill', sent: false })
    },
    signal: () => (closing.signal.aborted ? closing.signal : onset.signal),
    answered(answer) {
      const trouble = findTrouble(answer)
      if (trouble === undefined) recover()
      else fail(trouble)
    },
    unanswered: fail,
    close() {
      closing.abort()
      onset.abort()
    },
  }
}

/** Why this answer does not come from a Databricks that works. Whatever it refuses for a reason, it works. */
function findTrouble(answer: Answer): string | undefined {
  const { status, text } = answer
  const isOk = status >= 200 && status < 300
  if (!isOk && decodeError(answer, 0).kind !== 'unavailable') return undefined
  if (isWebPage(text)) return 'a web page instead of an answer'
  if (status >= 300 && status < 400) return 'a redirect instead of an answer'
  return status >= 500 ? `HTTP ${status}` : undefined
}
