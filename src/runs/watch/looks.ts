import type { Clock } from '../../clock.ts'
import type { DatabricksClient } from '../../databricks/types.ts'
import { isDone, type Run } from '../run.ts'
import type { DueLook, RunStore } from '../store.ts'
import type { Bounds } from './cadence.ts'
import type { ListSizes } from './list-sizes.ts'
import type { Look } from './look.ts'
import { type ListPlan, type Plan, planLooks } from './plan.ts'
import type { Survey } from './survey.ts'
import type { Lane } from './watcher.ts'

export interface LooksDeps {
  workspace: string
  store: Pick<RunStore, 'dueLooks' | 'nextDue' | 'get'>
  /** undefined: the workspace has left the configuration. */
  clientNow: () => DatabricksClient | undefined
  look: Look
  survey: Survey
  sizes: ListSizes
  clock: Clock
  bounds: () => Bounds
  /** Something may be due at this instant, epoch ms. */
  wake: (at: number) => void
  onError: (error: unknown, run?: Run) => void
}

/** So many due runs are planned at once. */
const PLANNED = 5_000
/** Looks wait for their answers at the same time up to this number. */
const AT_ONCE = 64
/** What the budget left is planned again after so long. */
const AGAIN_MS = 200
const IDLE_MS = 1_000

/** Looks at the runs of one workspace that are due, with as few requests as its plan needs. */
export function createLooks(deps: LooksDeps): Lane {
  const { workspace, store, look, survey, sizes, clock, bounds } = deps
  const underWay = new Set<string>()
  const requests = new Set<Promise<void>>()

  function begin(looks: DueLook[], work: () => Promise<void>): void {
    for (const { run_id } of looks) underWay.add(run_id)
    const request = work()
      .catch((error: unknown) => deps.onError(error))
      .finally(() => {
        for (const { run_id } of looks) underWay.delete(run_id)
        requests.delete(request)
        deps.wake(clock.now() + bounds().minMs)
      })
    requests.add(request)
  }

  async function get({ run_id, number }: DueLook): Promise<void> {
    const run = await store.get(run_id)
    // Another step may have come first.
    if (run?.attempt.number === number && run.attempt.due_at !== null) await look(run)
  }

  /** Repaired runs keep their old start, which no list of recent ones shows; an ended one lacks its reason still. */
  function needsGet({ kind, state, workspace_host, missing_count }: DueLook, host: string | undefined): boolean {
    return isDone(state) || kind === 'repair' || missing_count > 0 || workspace_host !== host
  }

  function plan(due: DueLook[], client: DatabricksClient | undefined, now: number): Plan {
    const room = Math.max(0, AT_ONCE - requests.size)
    const may = (endpoint: 'runs_get' | 'runs_list') => Math.min(room, client?.available(endpoint) ?? 0)
    // Without a client a look is no request: it only says so and puts the next one off.
    const budget = { gets: client ? may('runs_get') : room, lists: may('runs_list') }
    return planLooks({
      due,
      needsGet: (one) => needsGet(one, client?.host),
      rowsPerRun: sizes.rowsPerRun,
      budget,
      now,
      patienceMs: bounds().maxMs,
    })
  }

  async function readList(list: ListPlan, client: DatabricksClient | undefined): Promise<void> {
    if (client) await Promise.all((await survey(client, list)).map(get))
  }

  return {
    async fill() {
      const now = clock.now()
      const client = deps.clientNow()
      if (client?.illness()) return IDLE_MS
      const due = (await store.dueLooks(workspace, now, PLANNED)).filter(({ run_id }) => !underWay.has(run_id))
      const { gets, lists, left } = plan(due, client, now)
      for (const one of gets) begin([one], () => get(one))
      for (const list of lists) begin(list.looks, () => readList(list, client))
      if (left.length > 0) return AGAIN_MS
      const next = await store.nextDue(workspace, 'look', now)
      return next === undefined ? IDLE_MS : next - clock.now()
    },

    async idle() {
      await Promise.all(requests)
    },
  }
}
