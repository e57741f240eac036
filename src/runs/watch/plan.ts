import type { DueLook } from '../store.ts'

/** Rows of runs/list in one page: Databricks gives no more. */
export const PAGE_ROWS = 25

export interface PlanInput {
  /** Longest due first. */
  due: DueLook[]
  /** Whether only runs/get shows what is to be seen of it, or shows it at all. */
  needsGet: (look: DueLook) => boolean
  /** How many rows of a list it takes to find one due run, as learnt; undefined for the list of the whole workspace. */
  rowsPerRun: (databricksJobId: string | undefined) => number
  /** Requests that may be sent now. */
  budget: { gets: number; lists: number }
  now: number
  /** A run that has been due for longer than this is no longer left for a list. */
  patienceMs: number
}

/** A runs/list of active runs: of one job or of the whole workspace, between two starts as Databricks told them. */
export interface ListPlan {
  databricksJobId: string | undefined
  startTimeFrom: number | undefined
  startTimeTo: number | undefined
  /** The due runs that it is to show. */
  looks: DueLook[]
}

export interface Plan {
  gets: DueLook[]
  lists: ListPlan[]
  /** Due still: the budget is spent. */
  left: DueLook[]
}

/**
 * The cheapest set of requests that shows all due runs: runs/get each, a list for a job with many of them, or one list
 * of the whole workspace. Never more requests than by runs/get alone; where the budget ends, the longest due come
 * first. Pure.
 */
export function planLooks({ due, needsGet, rowsPerRun, budget, now, patienceMs }: PlanInput): Plan {
  const pages = (looks: DueLook[], job: string | undefined) => Math.ceil((looks.length * rowsPerRun(job)) / PAGE_ROWS)
  const listable = due.filter((look) => !needsGet(look))
  const perJob = [...Map.groupBy(listable, (look) => look.databricks_job_id)].filter(
    ([job, looks]) => pages(looks, job) < looks.length,
  )
  const perJobCost = sum(perJob, ([job, looks]) => pages(looks, job) - looks.length) + listable.length
  const sweepCost = pages(listable, undefined)
  const wanted: [string | undefined, DueLook[]][] = sweepCost < perJobCost ? [[undefined, listable]] : perJob

  const lists: ListPlan[] = []
  const waiting = new Set<DueLook>()
  let listsLeft = budget.lists
  for (const [job, looks] of wanted) {
    // One that has begun is read to its end: its later pages wait for their share.
    if (listsLeft > 0) lists.push(planList(job, looks))
    else for (const look of looks) if (now - look.due_at < patienceMs) waiting.add(look)
    listsLeft -= pages(looks, job)
  }

  const listed = new Set(lists.flatMap(({ looks }) => looks))
  const single = due.filter((look) => !listed.has(look) && !waiting.has(look))
  const gets = single.slice(0, Math.max(0, budget.gets))
  const got = new Set(gets)
  return { gets, lists, left: due.filter((look) => !listed.has(look) && !got.has(look)) }
}

function planList(databricksJobId: string | undefined, looks: DueLook[]): ListPlan {
  const starts = looks.map((look) => look.started_at)
  // Without a start that Databricks told, the run may be anywhere.
  const known = starts.filter((start) => start !== null)
  const [startTimeFrom, startTimeTo] =
    known.length < starts.length ? [] : [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))]
  return { databricksJobId, startTimeFrom, startTimeTo, looks }
}

function sum<T>(items: T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
