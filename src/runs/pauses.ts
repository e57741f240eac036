import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import type { AuditEvent } from './audit.ts'
import { GatewayError } from './errors.ts'
import {
  findLastEnd,
  findPause,
  isInForce,
  type Pause,
  type PauseStore,
  type PauseTarget,
  type Startable,
} from './pause.ts'
import { PAUSE_OVER, sayHeld, sayPaused } from './pause-hold.ts'
import type { Run } from './run.ts'

export interface PausesDeps {
  store: PauseStore
  clock: Clock
  /** Held runs may be due by now. */
  onChanged: () => void
  /** Resolves when the other processes on the ledger, if there are any, have been told to read the pauses anew. */
  tellOthers: () => Promise<void>
}

/** The pauses of the ledger, as this process knows them: a trigger does not wait for another question to the ledger. */
export interface Pauses {
  /** The one that decides for what starts now. */
  of(what: Startable): Pause | undefined
  /** @throws GatewayError paused, when nothing may even be accepted; `run`: what the error is about */
  check(what: Startable, run?: Run): void
  /** When the last one of those that are over for it ended, epoch ms. */
  lastEnd(what: Startable): number | undefined
  /** All that are in force. */
  inForce(): Pause[]
  /** All that are known, another list whenever one of them has changed. */
  known(): readonly Pause[]
  /** Reads them from the ledger, after everything that was asked for before, and lets go whom a change concerns. */
  refresh(from?: PauseStore): Promise<void>
  /** In force here when it resolves, and told to the other processes. */
  pause(pause: Pause, event: AuditEvent): Promise<void>
  /** Ends the pause of the target; resolves with it, undefined: there was none in force. */
  resume(target: PauseTarget, event: AuditEvent): Promise<Pause | undefined>
}

/** A pause may be ended sooner than it says: callers are not sent away for longer. */
const LONGEST_RETRY_SECONDS = 300

export function createPauses({ store, clock, onChanged, tellOthers }: PausesDeps): Pauses {
  let known: readonly Pause[] = []
  let reading: Promise<unknown> = Promise.resolve()

  const of = (what: Startable) => findPause(known, what, clock.now())

  async function read(from: PauseStore): Promise<void> {
    const found = await from.pauses()
    const changed = findChanged(known, found)
    if (changed.length === 0) return
    // First of all: whoever holds a run by the former ones sees it, or is found by what follows.
    known = found
    const now = clock.now()
    for (const pause of changed) {
      await from.wakeHeld(pause, now, isInForce(pause, now) ? sayHeld(pause) : PAUSE_OVER)
    }
    onChanged()
  }

  function refresh(from = store): Promise<void> {
    const next = reading.then(() => read(from))
    reading = next.catch(() => {})
    return next
  }

  return {
    of,

    check(what, run) {
      const pause = of(what)
      if (pause?.mode !== 'refuse') return
      const detail = `Triggers of job ${what.job} are ${sayPaused(pause)} Nothing was started; send the same call with the same key again after Retry-After seconds.`
      const left = pause.until_at === null ? undefined : (pause.until_at - clock.now()) / 1000
      throw new GatewayError('paused', detail, {
        ...(left !== undefined && { retryAfterSeconds: Math.min(LONGEST_RETRY_SECONDS, left) }),
        ...(run && { run }),
      })
    },

    lastEnd: (what) => findLastEnd(known, what, clock.now()),
    inForce: () => known.filter((pause) => isInForce(pause, clock.now())),
    known: () => known,
    refresh,

    async pause(pause, event) {
      await store.setPause(pause, event)
      await Promise.all([refresh(), tellOthers()])
    },

    async resume(target, event) {
      const ended = await store.endPause(target, clock.now(), event)
      await Promise.all([refresh(), tellOthers()])
      return ended
    },
  }
}

/** Pauses that are new or different, as they are now; none is ever taken away. */
function findChanged(before: readonly Pause[], now: readonly Pause[]): Pause[] {
  return now.filter((pause) => {
    const former = before.find(({ scope, name }) => scope === pause.scope && name === pause.name)
    return !isDeepStrictEqual(former, pause)
  })
}
