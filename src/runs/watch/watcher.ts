import type { Clock } from '../../clock.ts'
import type { Run } from '../run.ts'
import type { RunStore, Step } from '../store.ts'
import type { Lease } from './lease.ts'

export interface WatcherDeps {
  workspace: string
  store: Pick<RunStore, 'due' | 'nextDue'>
  lease: Lease
  clock: Clock
  /** One more try to submit it, or to find out what became of it. */
  submit: (run: Run) => Promise<unknown>
  /** One look at it in Databricks. */
  look: (run: Run) => Promise<unknown>
  onError: (error: unknown, run?: Run) => void
}

/** Brings every unfinished run of one workspace to its end, whether or not anyone asks. */
export interface Watcher {
  start(): void
  /** Something may be due earlier than was known. */
  wake(): void
  /** Awaits what is under way. */
  stop(): Promise<void>
}

/** So many of each at a time: tries hold a connection for seconds, looks for milliseconds. */
const LANES: Record<Step, number> = { submit: 10, look: 32 }

/** Other processes write due runs too: nothing waits longer than this for being seen. */
const TICK_MS = 1_000
const AFTER_ERROR_MS = 1_000

export function createWatcher(deps: WatcherDeps): Watcher {
  const { workspace, store, lease, clock } = deps
  const stopping = new AbortController()
  const underWay: Record<Step, Map<string, Promise<void>>> = { submit: new Map(), look: new Map() }
  let alarm = new AbortController()
  let ended: Promise<unknown> = Promise.resolve()

  async function take(step: Step, run: Run): Promise<void> {
    try {
      await deps[step](run)
    } catch (error) {
      deps.onError(error, run)
      // Its row is due still: without a pause it would be taken again at once.
      await clock.sleep(AFTER_ERROR_MS, stopping.signal)
    } finally {
      underWay[step].delete(run.id)
      wake()
    }
  }

  /** Starts what is due and fits into its lane; resolves with how long that lane has nothing else to do, ms. */
  async function fill(step: Step): Promise<number> {
    const lane = underWay[step]
    const isFull = () => lane.size >= LANES[step]
    if (isFull()) return TICK_MS
    // Those under way may be due still, so as many more are asked for.
    for (const run of await store.due(workspace, step, clock.now(), LANES[step] + lane.size)) {
      if (!isFull() && !lane.has(run.id)) lane.set(run.id, take(step, run))
    }
    const next = isFull() ? undefined : await store.nextDue(workspace, step, clock.now())
    return next === undefined ? TICK_MS : Math.max(0, next - clock.now())
  }

  async function turn(): Promise<number> {
    if (!lease.held()) return TICK_MS / 4
    return Math.min(TICK_MS, await fill('submit'), await fill('look'))
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      alarm = new AbortController()
      const wait = await turn().catch((error) => {
        deps.onError(error)
        return AFTER_ERROR_MS
      })
      await clock.sleep(wait, AbortSignal.any([alarm.signal, stopping.signal]))
    }
    await Promise.all([...underWay.submit.values(), ...underWay.look.values()])
  }

  function wake(): void {
    alarm.abort()
  }

  return {
    start() {
      ended = Promise.all([lease.keep(stopping.signal), run()])
    },
    wake,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}
