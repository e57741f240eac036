import type { AuditEvent } from './audit.ts'
import type { Attempt, Run } from './run.ts'
import { isDone } from './run.ts'
import type { AttemptChange, Ending, RunStore } from './store.ts'

/** One change of a run, told to whoever hangs on it: metrics, the log, waiters. */
export interface Moved {
  /** undefined when the run or its attempt is new. */
  before: Attempt | undefined
  run: Run
}

/**
 * The only ways in which a run changes its state. Each is a compare-and-set in the ledger, and only the winner is told
 * of, after the change is durable; a loser gets undefined and reads again.
 */
export interface Transitions {
  /** Writes a new run; when its key is held by another run, returns that one and writes nothing. */
  begin(run: Run, supersedes?: string): Promise<{ begun: boolean; run: Run }>
  /** Adds the next attempt. */
  again(run: Run, attempt: Attempt): Promise<Run | undefined>
  /**
   * Changes the latest attempt, and records `event` with it. An ending is counted once for each time that an active
   * attempt ends.
   */
  move(run: Run, change: AttemptChange, event?: AuditEvent): Promise<Run | undefined>
  /** The same, unless `max` of its job are ahead of it (`RunStore.updateIfRoom`). */
  moveIfRoom(run: Run, change: AttemptChange, max: number): Promise<{ moved: Run | undefined; ahead: number }>
  /** The same on the run as it is by then, however often another writer comes first; no change: nothing is to be done. */
  amend(run: Run, change: (latest: Run) => AttemptChange | undefined): Promise<Run>
}

export function createTransitions({ store, tell }: { store: RunStore; tell: (moved: Moved) => void }): Transitions {
  const move: Transitions['move'] = async (run, change, event) => {
    const after = apply(run, change)
    if (!(await store.update(run, change, readEnding(run.attempt, after), event))) return undefined
    tell({ before: run.attempt, run: after })
    return after
  }

  return {
    move,

    async begin(run, supersedes) {
      const inserted = await store.insert(run, supersedes)
      if (!inserted.inserted) return { begun: false, run: inserted.holder }
      tell({ before: undefined, run })
      return { begun: true, run }
    },

    async again(run, attempt) {
      if (!(await store.addAttempt(run, attempt))) return undefined
      const rerun_ids = attempt.rerun_id === null ? run.rerun_ids : [...new Set([...run.rerun_ids, attempt.rerun_id])]
      const after = { ...run, rerun_ids, version: run.version + 1, attempt }
      tell({ before: undefined, run: after })
      return after
    },

    async moveIfRoom(run, change, max) {
      const { updated, ahead } = await store.updateIfRoom(run, change, max)
      if (!updated) return { moved: undefined, ahead }
      const moved = apply(run, change)
      tell({ before: run.attempt, run: moved })
      return { moved, ahead }
    },

    async amend(run, change) {
      let latest = run
      for (;;) {
        const changes = change(latest)
        if (!changes) return latest
        const after = await move(latest, changes)
        if (after) return after
        latest = (await store.get(run.id)) ?? latest
      }
    },
  }
}

function apply(run: Run, change: AttemptChange): Run {
  return { ...run, attempt: { ...run.attempt, ...change, version: run.attempt.version + 1 } }
}

/** UNCONFIRMED that is settled as REJECTED was counted when it became UNCONFIRMED. */
function readEnding(before: Attempt, { job, attempt }: Run): Ending | undefined {
  const { state, result, cause } = attempt
  if (!isDone(state) || isDone(before.state)) return undefined
  return { job, state, result, cause: cause ?? '' }
}
