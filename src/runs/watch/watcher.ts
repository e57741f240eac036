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

  /** Starts what is due and fits; resolves with how long nothing else can be done, ms. */
  async function turn(): Promise<number> {
    if (!lease.held()) return TICK_MS / 4
    let wait = TICK_MS
    for (const step of Object.keys(LANES) as Step[]) {
      const lane = underWay[step]
      if (lane.size >= LANES[step]) continue
      // Those under way may be due still, so as many more are asked for.
      const due = await store.due(workspace, step, clock.now(), LANES[step] + lane.size)
      for (const run of due) {
        if (lane.size < LANES[step] && !lane.has(run.id)) lane.set(run.id, take(step, run))
      }
      const next = lane.size < LANES[step] ? await store.nextDue(workspace, step, clock.now()) : undefined
      if (next !== undefined) wait = Math.min(wait, Math.max(0, next - clock.now()))
    }
    return wait
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
