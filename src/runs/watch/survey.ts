import type { Clock } from '../../clock.ts'
import { DatabricksError } from '../../databricks/errors.ts'
import type { DatabricksClient, ListedRun, Run as UpstreamRun } from '../../databricks/types.ts'
import type { AskToCancel } from '../cancel.ts'
import type { Observe } from '../observe.ts'
import { readOutcome } from '../outcome.ts'
import { isDone } from '../run.ts'
import type { DueLook, RunStore } from '../store.ts'
import type { Bounds } from './cadence.ts'
import type { ListSizes } from './list-sizes.ts'
import { putOff } from './look.ts'
import { type ListPlan, PAGE_ROWS } from './plan.ts'

export interface SurveyDeps {
  store: Pick<RunStore, 'get' | 'sight'>
  observe: Observe
  askToCancel: AskToCancel
  sizes: ListSizes
  clock: Clock
  bounds: () => Bounds
}

/**
 * Looks at many runs by one list of active runs, page by page. Resolves with those that need a runs/get: ended, without
 * the tasks of a run that has begun, or not in the list, which proves nothing: pages shift while they are read.
 */
export type Survey = (client: DatabricksClient, list: ListPlan) => Promise<DueLook[]>

const TIMEOUT_MS = 10_000

const lacksTasks = (look: DueLook) => look.tasks_observed_at === null

/** Tasks are kept from when the run first runs; a list cuts them off after a hundred, which it tells by `has_more`. */
function chooseTasks(look: DueLook, { tasks, ...upstream }: ListedRun): UpstreamRun {
  const isWanted = lacksTasks(look) && !upstream.has_more && readOutcome(upstream, 'ok').state === 'RUNNING'
  return tasks && isWanted ? { ...upstream, tasks } : upstream
}

export function createSurvey({ store, observe, askToCancel, sizes, clock, bounds }: SurveyDeps): Survey {
  /** Whether the list told all there is to know. */
  async function take(look: DueLook, upstream: ListedRun, sentAt: number): Promise<boolean> {
    // The partial success of a job changes its result, not whether it is over.
    if (isDone(readOutcome(upstream, 'ok').state)) return false
    const run = await store.get(look.run_id)
    if (run?.attempt.databricks_run_id !== look.databricks_run_id) return true
    const { attempt } = await askToCancel(await observe(run, chooseTasks(look, upstream), sentAt))
    return attempt.state !== 'RUNNING' || attempt.tasks_observed_at !== null
  }

  async function readPages(client: DatabricksClient, list: ListPlan, sought: Map<string, DueLook>): Promise<DueLook[]> {
    const { databricksJobId, startTimeFrom, startTimeTo, looks } = list
    const again: DueLook[] = []
    let rows = 0
    let pageToken: string | undefined
    // Beyond as many pages as runs it would have been cheaper to get each.
    for (let page = 0; page < looks.length && sought.size > 0; page++) {
      const sentAt = clock.now()
      const { runs, next_page_token } = await client.listRuns(
        {
          activeOnly: true,
          limit: PAGE_ROWS,
          expandTasks: looks.some(lacksTasks),
          ...(databricksJobId !== undefined && { jobId: databricksJobId }),
          ...(startTimeFrom !== undefined && { startTimeFrom }),
          ...(startTimeTo !== undefined && { startTimeTo }),
          ...(pageToken !== undefined && { pageToken }),
        },
        { deadline: sentAt + TIMEOUT_MS, by: 'watcher' },
      )
      rows += runs.length
      const found = runs.flatMap((upstream) => {
        const look = sought.get(upstream.run_id)
        sought.delete(upstream.run_id)
        return look ? [{ look, upstream }] : []
      })
      const told = await Promise.all(found.map(({ look, upstream }) => take(look, upstream, sentAt)))
      again.push(...found.filter((_, index) => !told[index]).map(({ look }) => look))
      if (next_page_token === undefined) break
      pageToken = next_page_token
    }
    sizes.learn(databricksJobId, rows, looks.length - sought.size)
    return again
  }

  return async (client, list) => {
    const sought = new Map(list.looks.map((look) => [look.databricks_run_id, look]))
    try {
      return [...(await readPages(client, list, sought)), ...sought.values()]
    } catch (error) {
      if (!(error instanceof DatabricksError)) throw error
      // Refused as a list, perhaps allowed one by one.
      if (error.kind === 'refused' || error.kind === 'missing') {
        sizes.learn(list.databricksJobId, Number.POSITIVE_INFINITY, list.looks.length)
        return [...sought.values()]
      }
      await putOff(store, [...sought.values()], error, clock.now() + bounds().maxMs)
      return []
    }
  }
}
