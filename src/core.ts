import type { Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { createAskToCancel, createCancel } from './runs/cancel.ts'
import { createDryRun } from './runs/dry-run.ts'
import { createHearing } from './runs/hear.ts'
import { createEnterOrHold } from './runs/hold.ts'
import { createFindJobId } from './runs/job-id.ts'
import { createObserve } from './runs/observe.ts'
import { createReadOutput } from './runs/output.ts'
import { createPauseSubmit } from './runs/pause-submit.ts'
import { createPauses } from './runs/pauses.ts'
import { createPrepare } from './runs/prepare.ts'
import { createRead } from './runs/read.ts'
import { createRefresh } from './runs/refresh.ts'
import { createRelease } from './runs/release.ts'
import { createRepair } from './runs/repair.ts'
import type { News } from './runs/replicas.ts'
import { createRevisit } from './runs/revisit.ts'
import { isDone, type Run } from './runs/run.ts'
import { createSettle } from './runs/settle.ts'
import type { RunStore } from './runs/store.ts'
import { createSubmit } from './runs/submit.ts'
import { createSubmitForCaller } from './runs/submit-for-caller.ts'
import { createSubmitRepair } from './runs/submit-repair.ts'
import { createTellings } from './runs/tell.ts'
import { createTransitions, type Moved } from './runs/transition.ts'
import { createTrigger } from './runs/trigger.ts'
import { createWaits } from './runs/wait.ts'
import { alignLook, nextLook, readBounds } from './runs/watch/cadence.ts'
import { createListSizes } from './runs/watch/list-sizes.ts'
import { createLook } from './runs/watch/look.ts'
import { createLooks } from './runs/watch/looks.ts'
import { createSubmissions } from './runs/watch/submissions.ts'
import { createSurvey } from './runs/watch/survey.ts'
import { createUsualDurations } from './runs/watch/usual.ts'
import type { Lane } from './runs/watch/watcher.ts'
import type { Workspaces } from './workspaces.ts'

export interface CoreDeps {
  /** Of this installation; never another one. */
  instance: string
  /** The configuration in force. */
  current: () => Config
  store: RunStore
  workspaces: Workspaces
  clock: Clock
  /** Told of every change of a run, once it is durable. */
  onMoved: (moved: Moved) => void
  /** A run of the workspace needs a step at this instant, epoch ms. */
  onDue: (workspace: string, at: number) => void
  /** What the other processes on the ledger, if there are any, want to know. */
  onNews: (news: News) => void
  /** The pauses have changed; resolves when the other processes, if there are any, have been told. */
  onPauses: () => Promise<void>
  onUnknownState: (value: string) => void
  onError: (error: unknown, run?: Run) => void
}

export type Core = ReturnType<typeof createCore>

/** The operations on runs, wired to the ledger and the workspaces. */
export function createCore({ instance, current, store, workspaces, clock, ...on }: CoreDeps) {
  const { onError } = on
  const { clientFor } = workspaces
  const triggerTimeoutMs = () => current().server.trigger_timeout_seconds * 1000
  const bounds = () => readBounds(current().watch)

  const usual = createUsualDurations(store, clock.now)
  const waits = createWaits(clock, (run, until) => void hurry(run, until).catch(onError))
  const pauses = createPauses({
    store,
    clock,
    tellOthers: on.onPauses,
    onChanged() {
      for (const workspace of workspaces.names()) on.onDue(workspace, clock.now())
    },
  })
  const hearing = createHearing({ store, waits, clock, onDue: on.onDue, onError })

  /** Whichever process watches the run looks at it often while somebody waits. */
  async function hurry({ id, attempt }: Run, until: number): Promise<void> {
    const { workspace, number, version, databricks_run_id } = attempt
    const soon = clock.now() + bounds().minMs
    const isLate = databricks_run_id !== null && attempt.due_at !== null && attempt.due_at > soon
    const due_at = isLate ? soon : attempt.due_at
    if (isLate) {
      await store.bringForward(id, number, soon)
      on.onDue(workspace, soon)
    }
    on.onNews({ run_id: id, workspace, attempt: number, version, due_at, waited_until: until })
  }

  const maxActiveOf = (job: string) => current().jobs[job]?.max_active ?? null
  const release = createRelease({ store, maxActiveOf, clock, onDue: on.onDue, onError })
  const transitions = createTransitions({
    store,
    tell(moved) {
      on.onMoved(moved)
      const { id, job, attempt } = moved.run
      const { number, version, workspace, due_at } = attempt
      if (attempt.result === 'OK') usual.forget(job)
      waits.wake(moved.run)
      on.onNews({ run_id: id, workspace, attempt: number, version, due_at, waited_until: null })
      if (due_at !== null) on.onDue(workspace, due_at)
      if (isDone(attempt.state)) release(job, workspace)
    },
  })
  const tellings = createTellings({ store, now: clock.now, onError })

  async function nextLookAt(run: Run, startedAt: number | null): Promise<number> {
    const now = clock.now()
    const elapsedMs = startedAt === null ? undefined : now - startedAt
    const waited = waits.has(run.id) || hearing.isWaitedElsewhere(run.id) || run.attempt.cancel !== null
    const within = bounds()
    return alignLook(now, nextLook({ elapsedMs, usual: await usual.of(run.job), waited, ...within }), within)
  }
  const partialOf = (job: string) => current().jobs[job]?.partial_success ?? 'ok'
  const watched = { store, transitions, clientFor, clock }
  const observe = createObserve({ ...watched, partialOf, nextLookAt, countUnknown: on.onUnknownState })
  const askToCancel = createAskToCancel(watched)

  const submitting = { ...watched, random: Math.random }
  const firstLookAt = (run: Run) => nextLookAt(run, null)
  const enterOrHold = createEnterOrHold({ transitions, maxActiveOf, clock })
  const submitRun = createSubmit({ ...submitting, settle: createSettle(watched), enterOrHold, firstLookAt })
  const submitRepair = createSubmitRepair({ ...submitting, observe })
  const submit = createPauseSubmit({
    ...{ store, transitions, pauses, clock, onDue: on.onDue },
    submit: (run, ...rest) => (run.attempt.kind === 'repair' ? submitRepair : submitRun)(run, ...rest),
  })

  const prepare = createPrepare({ findJobId: createFindJobId({ clientFor, clock }), triggerTimeoutMs })
  const starting = {
    store,
    transitions,
    submit: createSubmitForCaller({ submit, clock, onError }),
    revisit: createRevisit({ clientFor, observe, partialOf, clock }),
    pauses,
    clock,
    instance,
  }
  const repair = createRepair({ ...starting, triggerTimeoutMs })

  const looking = { ...watched, observe, askToCancel, bounds, onError }
  const look = createLook(looking)

  /** What the watcher of a workspace does; `wake` tells it that there may be more to do, now or at an instant. */
  function createLanes(workspace: string, wake: (at?: number) => void): Lane[] {
    const sizes = createListSizes(clock.now)
    const clientNow = () => workspaces.clientNamed(workspace)
    // One more try in the background.
    const again = (run: Run) => submit(run, clock.now() + triggerTimeoutMs())
    return [
      createSubmissions({ workspace, store, submit: again, clock, wake, onError }),
      createLooks({ ...looking, workspace, clientNow, look, survey: createSurvey({ ...looking, sizes }), sizes, wake }),
    ]
  }

  return {
    usual,
    waits,
    pauses,
    hear: hearing.hear,
    tellings,
    trigger: createTrigger({ ...starting, clientFor, prepare, repair, tellings, waits }),
    dryRun: createDryRun({ prepare, store, pauses, clientFor, clock, instance }),
    cancel: createCancel({ ...watched, waits }),
    repair,
    refresh: createRefresh({ clientFor, observe, clock }),
    read: createRead({ store, jobs: () => current().jobs }),
    readOutput: createReadOutput({ store, clientFor, clock, onError }),
    createLanes,
  }
}
