import type { Run } from '../runs/run.ts'
import type { RunStore } from '../runs/store.ts'

/** Operations that change no run. */
type Reading =
  | 'get'
  | 'getByKey'
  | 'findByDatabricksRun'
  | 'attempts'
  | 'list'
  | 'dueSubmissions'
  | 'dueLooks'
  | 'nextDue'
  | 'jobLoad'
  | 'output'
  | 'keepOutput'
  | 'tombstone'
  | 'tombstoneByKey'
  | 'endings'
  | 'activeCounts'
  | 'jobSummaries'
  | 'observations'
  | 'unfinished'
  | 'durations'
  | 'expectedSince'
  | 'pauses'
  | 'setPause'
  | 'endPause'
  | 'recordEvent'
  | 'events'
  | 'lease'
  | 'releaseLease'
  | 'size'
  | 'close'

/** Some 4 kB each. */
const MAX_KEPT = 4_000

/**
 * The same store; runs that are read by their id are kept until something writes to them, or others are read more. Only
 * for a store whose every write passes here.
 */
export function keepRuns(store: RunStore, maxKept = MAX_KEPT): RunStore {
  // Promises, kept from the moment of asking: a read that is overtaken by a write has lost its place by then.
  const kept = new Map<string, Promise<Run | undefined>>()

  function read(id: string): Promise<Run | undefined> {
    const reading = store.get(id)
    const forget = () => {
      if (kept.get(id) === reading) kept.delete(id)
    }
    reading.then((run) => run ?? forget(), forget)
    return reading
  }

  /** Whatever has become of the write, and before its caller goes on. */
  const drop = <T>(write: Promise<T>, ...ids: string[]): Promise<T> =>
    write.finally(() => {
      for (const id of ids) kept.delete(id)
    })

  // A new operation of the store belongs here, unless it is one of those above.
  const writing: Omit<RunStore, Reading> = {
    insert: (run, supersedes) => drop(store.insert(run, supersedes), run.id, ...(supersedes ? [supersedes] : [])),
    addAttempt: (run, attempt) => drop(store.addAttempt(run, attempt), run.id),
    update: (run, ...change) => drop(store.update(run, ...change), run.id),
    updateIfRoom: (run, change, max) => drop(store.updateIfRoom(run, change, max), run.id),
    tell: (runId, attempt, at, rerunId) => drop(store.tell(runId, attempt, at, rerunId), runId),
    sight: (sightings) => drop(store.sight(sightings), ...sightings.map(({ run_id }) => run_id)),
    bringForward: (runId, attempt, at) => drop(store.bringForward(runId, attempt, at), runId),
    // Which runs these were, only the database knows.
    wakeHeld: (target, at, message) => store.wakeHeld(target, at, message).finally(() => kept.clear()),
    purge: (what) => store.purge(what).finally(() => kept.clear()),
  }

  return {
    ...store,
    ...writing,
    get(id) {
      const found = kept.get(id) ?? read(id)
      // The last of the map is the one that was asked for last.
      kept.delete(id)
      kept.set(id, found)
      if (kept.size > maxKept) kept.delete(kept.keys().next().value ?? id)
      return found
    },
  }
}
