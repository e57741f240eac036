import { type Clock, OVER } from '../clock.ts'
import { hold, level, msUntilToken, refill, sizeOf, spend } from './token-bucket.ts'
import type { BudgetedEndpoint, Call } from './types.ts'

/** Requests per second to each endpoint. */
export type Rates = Readonly<Record<BudgetedEndpoint, number>>

type Spender = NonNullable<Call['by']>

interface Wait {
  by: Spender
  /** Epoch ms. */
  deadline: number
  /** Any of them ends it. */
  signals: readonly AbortSignal[]
}

/** What one endpoint may be asked: a token for each request, first come first served, callers before the watcher. */
export interface Budget {
  /** Resolves with true once a token is taken, with false when the wait for it is over. */
  take(wait: Wait): Promise<boolean>
  /** Takes a token for a caller if there is one and nobody waits for it. */
  takeNow(): boolean
  /** Whole tokens for the watcher; 0 while anybody waits. */
  available(): number
  /** Share of the bucket that is left, 0 to 1. */
  remaining(): number
  /** After a 429: no token for so long, and the watcher is slowed down. */
  hold(ms: number): void
}

const SLOWEST_SHARE = 1 / 16
const CLEAN_MS = 60_000
/** The rate may rise while one sleeps: nobody sleeps longer than this before it is asked again. */
const LONGEST_SLEEP_MS = 1_000

/**
 * The watcher's share of the rate: halved by each 429, doubled by each minute without one. Callers, who are waited for,
 * keep the whole of it.
 */
interface Throttling {
  share: number
  at: number
}

export function shareOfWatcher({ share, at }: Throttling, now: number): number {
  return Math.min(1, share * 2 ** Math.floor(Math.max(0, now - at) / CLEAN_MS))
}

export function halve(throttling: Throttling, now: number): Throttling {
  return { share: Math.max(SLOWEST_SHARE, shareOfWatcher(throttling, now) / 2), at: now }
}

/** @param share of the rate that is this process's own, above 0 and up to 1; it may change at any time */
export function createBudget(perSecond: number, clock: Clock, share = () => 1): Budget {
  const rate = () => perSecond * share()
  const full = { tokens: sizeOf(rate()), at: clock.now() }
  /** The watcher's tokens count in both: its own bucket only bounds how fast it spends. */
  let all = full
  let watchers = full
  let throttling: Throttling = { share: 1, at: 0 }
  const lines: Record<Spender, Set<() => void>> = { caller: new Set(), watcher: new Set() }
  let serving = false
  let bell = new AbortController()

  const watcherRate = () => rate() * shareOfWatcher(throttling, clock.now())
  const isIdle = () => lines.caller.size + lines.watcher.size === 0

  function msUntilTurn(by: Spender): number {
    const now = clock.now()
    all = refill(all, rate(), now)
    watchers = refill(watchers, watcherRate(), now)
    const ms = msUntilToken(all, rate(), now)
    return by === 'caller' ? ms : Math.max(ms, msUntilToken(watchers, watcherRate(), now))
  }

  function takeAtOnce(by: Spender): boolean {
    if (msUntilTurn(by) > 0) return false
    all = spend(all)
    if (by === 'watcher') watchers = spend(watchers)
    return true
  }

  async function serve(): Promise<void> {
    serving = true
    while (!isIdle()) {
      const by = lines.caller.size > 0 ? 'caller' : 'watcher'
      const [next] = lines[by]
      if (takeAtOnce(by)) {
        next?.()
      } else {
        bell = new AbortController()
        await clock.sleep(Math.min(msUntilTurn(by), LONGEST_SLEEP_MS), bell.signal)
      }
    }
    serving = false
  }

  function wait({ by, deadline, signals }: Wait): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const over = new AbortController()
    const end = (taken: boolean) => {
      lines[by].delete(turn)
      over.abort(OVER)
      resolve(taken)
    }
    const turn = () => end(true)
    const giveUp = () => end(false)
    lines[by].add(turn)
    for (const signal of signals) signal.addEventListener('abort', giveUp, { once: true, signal: over.signal })
    void clock.sleep(deadline - clock.now(), over.signal).then(giveUp)
    if (!serving) void serve()
    // The watcher's turn may be farther off than a caller's.
    else if (by === 'caller' && lines.caller.size === 1) bell.abort(OVER)
    return promise
  }

  return {
    async take(wanted) {
      const { by, deadline, signals } = wanted
      if (signals.some((signal) => signal.aborted)) return false
      const isFirst = by === 'caller' ? lines.caller.size === 0 : isIdle()
      if (isFirst && takeAtOnce(by)) return true
      return clock.now() < deadline && wait(wanted)
    },
    takeNow: () => isIdle() && takeAtOnce('caller'),
    available() {
      if (!isIdle() || msUntilTurn('watcher') > 0) return 0
      return Math.floor(Math.min(all.tokens, watchers.tokens))
    },
    remaining() {
      all = refill(all, rate(), clock.now())
      return level(all, clock.now()) / sizeOf(rate())
    },
    hold(ms) {
      const now = clock.now()
      // What was under way when the first 429 came says nothing new.
      if (now >= all.at) throttling = halve(throttling, now)
      all = hold(refill(all, rate(), now), rate(), now + ms)
    },
  }
}

export type Budgets = Readonly<Record<BudgetedEndpoint, Budget>>

/** Of the whole rate of an endpoint, what this process may send; above 0 and up to 1. */
export type Share = (endpoint: BudgetedEndpoint) => number

export function createBudgets(rates: Rates, clock: Clock, share: Share = () => 1): Budgets {
  return mapEndpoints(rates, (rate, endpoint) => createBudget(rate, clock, () => share(endpoint)))
}

export function mapEndpoints<A, B>(
  of: Readonly<Record<BudgetedEndpoint, A>>,
  map: (value: A, endpoint: BudgetedEndpoint) => B,
): Record<BudgetedEndpoint, B> {
  return {
    run_now: map(of.run_now, 'run_now'),
    cancel: map(of.cancel, 'cancel'),
    repair: map(of.repair, 'repair'),
    runs_get: map(of.runs_get, 'runs_get'),
    runs_list: map(of.runs_list, 'runs_list'),
    get_output: map(of.get_output, 'get_output'),
    jobs_get: map(of.jobs_get, 'jobs_get'),
    jobs_list: map(of.jobs_list, 'jobs_list'),
  }
}
