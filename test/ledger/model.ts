import type { Attempt, Run } from '../../src/runs/run.ts'
import type { ActiveCount, AttemptChange, DueLook, Ending, JobSummary, Observation } from '../../src/runs/store.ts'
import { matches } from './matches.ts'
import type { Subject } from './operations.ts'

interface Kept {
  run: Omit<Run, 'attempt'>
  attempts: Attempt[]
  holdsKey: boolean
}

/** What a run store does, in the plainest words: arrays, searched from end to end. */
export function createModel(): Subject {
  const kept: Kept[] = []
  const endings: (Ending & { count: number })[] = []
  const summaries: JobSummary[] = []

  const find = (id: string) => kept.find(({ run }) => run.id === id)
  const latestOf = ({ run, attempts }: Kept): Run => structuredClone({ ...run, attempt: lastOf(attempts) })
  const attemptOf = (id: string, number: number) => find(id)?.attempts.find((attempt) => attempt.number === number)
  const holderOf = (client_id: string, job: string, key: string) =>
    kept.find(({ run, holdsKey }) => holdsKey && run.client_id === client_id && run.job === job && run.key === key)
  const all = () => kept.map(latestOf).sort((a, b) => (a.id < b.id ? 1 : -1))
  const dueFor = (workspace: string, step: 'submit' | 'look', now: number) =>
    all()
      .filter(({ attempt }) => attempt.workspace === workspace && stepOf(attempt) === step)
      .filter(({ attempt }) => attempt.due_at !== null && attempt.due_at <= now)
  const activeOf = (job: string) => all().filter((run) => run.job === job && run.attempt.result === '')
  const isCurrent = (run: Run) => find(run.id)?.attempts.at(-1)?.version === run.attempt.version

  async function update(run: Run, change: AttemptChange, ending?: Ending): Promise<boolean> {
    const row = find(run.id)
    if (!row || row.attempts.length !== run.attempt.number || !isCurrent(run)) return false
    const attempt = lastOf(row.attempts)
    Object.assign(attempt, structuredClone(change), { version: attempt.version + 1 })
    if (ending) count(ending, attempt)
    return true
  }

  return {
    async insert(run, supersedes) {
      const holder = run.key === null ? undefined : holderOf(run.client_id, run.job, run.key)
      if (holder && holder.run.id !== supersedes) return { inserted: false, holder: latestOf(holder) }
      if (holder) {
        holder.holdsKey = false
        holder.run.version += 1
      }
      const { attempt, ...rest } = structuredClone(run)
      kept.push({ run: rest, attempts: [attempt], holdsKey: run.key !== null })
      return { inserted: true }
    },

    async addAttempt(run, attempt) {
      const row = find(run.id)
      if (!row || row.run.version !== run.version || row.attempts.length !== run.attempt.number || !isCurrent(run)) {
        return false
      }
      const former = lastOf(row.attempts)
      former.due_at = null
      former.version += 1
      row.attempts.push(structuredClone(attempt))
      row.run.version += 1
      if (attempt.rerun_id !== null) spend(row, attempt.rerun_id)
      return true
    },

    update,

    async updateIfRoom(run, change, max) {
      const others = activeOf(run.job).filter(({ id }) => id !== run.id)
      const ahead = others.filter((other) => isPosted(other) || byCreation(other, run) < 0).length
      return { updated: ahead < max && (await update(run, change)), ahead }
    },

    async tell(runId, number, at, rerunId) {
      const attempt = attemptOf(runId, number)
      if (attempt) attempt.told_at ??= at
      const row = find(runId)
      if (!row || rerunId === undefined) return
      spend(row, rerunId)
      row.run.version += 1
    },

    async sight(sightings) {
      for (const { run_id, attempt: number, observed_at, due_at } of sightings) {
        const attempt = attemptOf(run_id, number)
        if (
          !attempt ||
          attempt.due_at === null ||
          (attempt.observed_at ?? 0) > (observed_at ?? Number.POSITIVE_INFINITY)
        )
          continue
        Object.assign(attempt, { observed_at: observed_at ?? attempt.observed_at, due_at })
      }
    },

    async bringForward(runId, number, at) {
      const attempt = attemptOf(runId, number)
      if (attempt?.due_at) attempt.due_at = Math.min(attempt.due_at, at)
    },

    get: async (id) => all().find((run) => run.id === id),
    getByKey: async (clientId, job, key) => {
      const holder = holderOf(clientId, job, key)
      return holder && latestOf(holder)
    },
    findByDatabricksRun: async (id) =>
      kept
        .filter(({ attempts }) => attempts.some((attempt) => attempt.databricks_run_id === id))
        .map(latestOf)
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    attempts: async (runId) => structuredClone(find(runId)?.attempts ?? []),
    list: async (filter) =>
      all()
        .filter((run) => matches(run, filter))
        .slice(0, filter.limit),
    dueSubmissions: async (workspace, now, limit) => dueFor(workspace, 'submit', now).sort(byCreation).slice(0, limit),
    dueLooks: async (workspace, now, limit) =>
      dueFor(workspace, 'look', now)
        .sort(byInstant(({ attempt }) => attempt.due_at ?? 0))
        .slice(0, limit)
        .map(describeLook),
    jobLoad: async (job, limit) => ({
      posted: activeOf(job).filter(isPosted).length,
      unposted: activeOf(job)
        .filter((run) => !isPosted(run))
        .sort(byCreation)
        .slice(0, limit)
        .map(({ id, attempt }) => ({ run_id: id, attempt: attempt.number })),
    }),
    nextDue: async (workspace, step, now) =>
      all()
        .filter(({ attempt }) => attempt.workspace === workspace && stepOf(attempt) === step)
        .flatMap(({ attempt }) => (attempt.due_at !== null && attempt.due_at > now ? [attempt.due_at] : []))
        .sort((a, b) => a - b)[0],

    endings: async () => structuredClone(endings),
    jobSummaries: async () => structuredClone(summaries),
    activeCounts: async () => {
      const counts: ActiveCount[] = []
      for (const { job, attempt } of all()) {
        if (attempt.result !== '') continue
        const { workspace, state } = attempt
        const since = sinceOf(attempt)
        const same = counts.find((one) => one.job === job && one.workspace === workspace && one.state === state)
        if (!same) counts.push({ job, workspace, state, count: 1, oldest_since: since })
        else {
          same.count += 1
          same.oldest_since = earliest(same.oldest_since, since)
        }
      }
      return counts
    },
    observations: async (staleBefore) => {
      const observations: Observation[] = []
      for (const { attempt } of all()) {
        const { workspace, result, databricks_run_id, observed_at, created_at } = attempt
        if (result !== '' || databricks_run_id === null) continue
        const seen = observed_at ?? created_at
        const stale = Number(seen < staleBefore)
        const same = observations.find((one) => one.workspace === workspace)
        if (!same) observations.push({ workspace, oldest_observed_at: seen, stale })
        else {
          same.stale += stale
          same.oldest_observed_at = Math.min(same.oldest_observed_at, seen)
        }
      }
      return observations
    },
    unfinished: async (jobs) =>
      all()
        .filter(({ job, attempt }) => jobs.includes(job) && attempt.result === '')
        .map(({ job, attempt }) => ({ job, state: attempt.state, since: sinceOf(attempt) })),
    durations: async (job) => summaries.find((one) => one.job === job)?.recent_run_ms ?? [],
  }

  function spend({ run }: Kept, rerunId: string): void {
    if (!run.rerun_ids.includes(rerunId)) run.rerun_ids.push(rerunId)
  }

  function count(ending: Ending, { finished_at, run_ms, repair_id }: Attempt): void {
    const { job, state, result, cause } = ending
    const total = endings.find(
      (one) => one.job === job && one.state === state && one.result === result && one.cause === cause,
    )
    if (total) total.count += 1
    else endings.push({ ...ending, count: 1 })
    if (finished_at === null) return
    const summary = summaries.find((one) => one.job === job)
    const last = { last_result: result, last_finished_at: finished_at, last_run_ms: run_ms }
    const kept = summary ?? { job, ...last, last_success_at: null, recent_run_ms: [] }
    if (!summary) summaries.push(kept)
    if (finished_at >= kept.last_finished_at) Object.assign(kept, last)
    if (result !== 'OK') return
    kept.last_success_at = Math.max(kept.last_success_at ?? 0, finished_at)
    if (run_ms !== null && repair_id === null) kept.recent_run_ms = [run_ms, ...kept.recent_run_ms].slice(0, 20)
  }
}

function lastOf(attempts: Attempt[]): Attempt {
  const last = attempts.at(-1)
  if (!last) throw new Error('a run without an attempt')
  return last
}

function sinceOf({ kind, repair_id, created_at, started_at }: Attempt): number | null {
  if (repair_id !== null && kind !== 'repair') return null
  return Math.max(created_at, started_at ?? created_at)
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

function stepOf(attempt: Attempt): 'submit' | 'look' {
  return attempt.databricks_run_id === null ? 'submit' : 'look'
}

function isPosted({ attempt }: Run): boolean {
  return attempt.databricks_run_id !== null || attempt.tries_in_doubt > 0
}

/** The earliest first; of two at one instant the lesser id. */
function byInstant(instant: (run: Run) => number): (a: Run, b: Run) => number {
  return (a, b) => instant(a) - instant(b) || (a.id < b.id ? -1 : 1)
}

const byCreation = byInstant(({ attempt }) => attempt.created_at)

function describeLook({ id: run_id, attempt }: Run): DueLook {
  const { number, kind, state, workspace_host, databricks_job_id, databricks_run_id } = attempt
  const { started_at, tasks_observed_at, missing_count, due_at } = attempt
  if (databricks_run_id === null || due_at === null) throw new Error('not to be looked at')
  const where = { workspace_host, databricks_job_id, databricks_run_id }
  return { run_id, number, kind, state, ...where, started_at, tasks_observed_at, missing_count, due_at }
}
