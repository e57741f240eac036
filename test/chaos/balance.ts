import { isDone } from '../../src/runs/run.ts'
import type { RunSummary } from '../../src/simulator/run.ts'
import type { Books, CountedEnding, KeptAttempt, KeptRun } from './books.ts'

export interface Balance {
  /** Runs or repairs that Databricks carried out although nobody ordered them, or once more than ordered. */
  duplicates: string[]
  /** What was accepted and did not come to its end, here or there. */
  lost: string[]
  /** Endings or starts that were counted or recorded more or less than once, or as what they were not. */
  miscounted: string[]
}

/** Holds the books against each other. Pure. */
export function balance(books: Books): Balance {
  const upstreamByToken = Map.groupBy(books.upstream, (run) => run.idempotency_token ?? '')
  const attempts = books.kept.flatMap((run) => run.attempts.map((attempt) => ({ run, attempt })))
  return {
    duplicates: [...findUnowned(books, attempts), ...findSurplus(books, upstreamByToken)],
    lost: [...findLostOrders(books), ...attempts.flatMap((one) => findLost(one, upstreamByToken))],
    miscounted: [...compareOutcomes(books), ...compareCounts(books, attempts), ...compareEvents(books, attempts)],
  }
}

interface AttemptOfRun {
  run: KeptRun
  attempt: KeptAttempt
}

/** Runs in Databricks that no attempt of the ledger has. */
function findUnowned({ upstream }: Books, attempts: AttemptOfRun[]): string[] {
  const owned = new Set(attempts.map(({ attempt }) => attempt.databricks_run_id))
  return upstream
    .filter(({ run_id }) => !owned.has(run_id))
    .map(({ run_id }) => `run ${run_id} in Databricks is nobody's`)
}

/** More attempts than were ordered, more runs than attempts, more repairs than asked for. */
function findSurplus({ orders, kept, upstream }: Books, byToken: Map<string, RunSummary[]>): string[] {
  const presses = new Map(orders.map((order) => [order.key, order.presses]))
  const repairsOf = new Map(upstream.map(({ run_id, repairs }) => [run_id, repairs]))
  const doubled = [...Map.groupBy(kept, ({ job, key }) => `${job} ${key}`)].filter(([, runs]) => runs.length > 1)
  return [
    ...doubled.map(([key, runs]) => `${key} has ${runs.length} runs in the ledger`),
    ...kept.flatMap((run) => [
      ...findUnordered(run, 1 + (presses.get(run.key ?? '') ?? 0)),
      ...run.attempts.flatMap((attempt) => findStartedTwice(run, attempt, { byToken, repairsOf })),
    ]),
  ]
}

function findUnordered({ id, key, attempts }: KeptRun, ordered: number): string[] {
  const made = attempts
    .map(({ number, kind, state, rerun_id }) => `${number} ${kind} ${state} by ${rerun_id}`)
    .join(', ')
  const pressed = Map.groupBy(attempts, ({ rerun_id }) => rerun_id)
  pressed.delete(null)
  const twice = [...pressed].filter(([, same]) => same.length > 1)
  return [
    ...(attempts.length > ordered
      ? [`run ${id} (${key}): ${attempts.length} attempts, ${ordered} ordered (${made})`]
      : []),
    ...twice.map(([press, same]) => `run ${id} (${key}): press ${press} began ${same.length} attempts`),
  ]
}

function findStartedTwice(
  { id, key, attempts }: KeptRun,
  { token, databricks_run_id, kind }: KeptAttempt,
  { byToken, repairsOf }: { byToken: Map<string, RunSummary[]>; repairsOf: Map<string, number> },
): string[] {
  if (kind === 'repair') return []
  const same = byToken.get(token) ?? []
  const repaired = attempts.filter((each) => each.kind === 'repair' && each.databricks_run_id === databricks_run_id)
  const repairs = repairsOf.get(databricks_run_id ?? '') ?? 0
  return [
    ...(same.length > 1 ? [`run ${id} (${key}): token ${token} started ${same.length} runs`] : []),
    ...(repairs > repaired.length ? [`run ${id} (${key}): ${repairs} repairs, ${repaired.length} ordered`] : []),
  ]
}

/** Orders that were answered by no run, by two, or by one that the ledger does not hold. */
function findLostOrders({ orders, kept }: Books): string[] {
  const known = new Map(kept.map((run) => [run.key, run.id]))
  return orders.flatMap(({ key, runIds }) =>
    runIds.size === 1 && runIds.has(known.get(key) ?? '')
      ? []
      : [`${key} was answered by ${[...runIds]}, is ${known.get(key)}`],
  )
}

function findLost({ run, attempt }: AttemptOfRun, byToken: Map<string, RunSummary[]>): string[] {
  const name = `attempt ${attempt.number} of run ${run.id} (${run.key})`
  if (!isDone(attempt.state)) return [`${name} is ${attempt.state} for ever`]
  if (attempt.kind === 'repair') return []
  const [started] = byToken.get(attempt.token) ?? []
  if (started?.run_id === (attempt.databricks_run_id ?? undefined)) return []
  return [`${name} is ${attempt.databricks_run_id}, its token started ${started?.run_id}`]
}

const STATE_OF_RESULT: Record<string, string> = { SUCCESS: 'SUCCEEDED', FAILED: 'FAILED', CANCELED: 'CANCELED' }

/** Whether the last attempt on each run in Databricks tells how that ended. */
function compareOutcomes({ upstream, kept }: Books): string[] {
  const last = new Map(
    kept.flatMap((run) => run.attempts.map((attempt) => [attempt.databricks_run_id, { run, attempt }] as const)),
  )
  return upstream.flatMap(({ run_id, result_state }) => {
    const found = last.get(run_id)
    const state = STATE_OF_RESULT[result_state ?? '']
    if (!found || found.attempt.state === state) return []
    return [`run ${found.run.id} (${found.run.key}) is ${found.attempt.state}, and ${result_state} in Databricks`]
  })
}

/** The attempts, the totals of the ledger and what every gateway shows. */
function compareCounts({ endings, scrapes }: Books, attempts: AttemptOfRun[]): string[] {
  const ended = Map.groupBy(attempts, ({ run, attempt: { state, result, cause } }) =>
    label({ job: run.job, state, result, cause: cause ?? '' }),
  )
  const truth = new Map([...ended].map(([labels, { length }]) => [labels, length]))
  const totals = new Map(endings.map((ending) => [label(ending), ending.count]))
  return [totals, ...scrapes].flatMap((counts, index) => {
    const who = index === 0 ? 'the ledger' : `gateway ${index}`
    return [...new Set([...truth.keys(), ...counts.keys()])]
      .filter((labels) => truth.get(labels) !== counts.get(labels))
      .map((labels) => `${labels}: ${truth.get(labels) ?? 0} attempts, ${who} counts ${counts.get(labels) ?? 0}`)
  })
}

/** Each attempt was recorded once, and nothing else as one. */
function compareEvents({ events }: Books, attempts: AttemptOfRun[]): string[] {
  const starts = events.filter(
    ({ action, detail }) => (action === 'trigger' || action === 'repair') && detail?.['kind'] !== 'resubmit',
  )
  const recorded = Map.groupBy(starts, ({ run_id, attempt }) => `attempt ${attempt} of run ${run_id}`)
  const made = new Set(attempts.map(({ run, attempt }) => `attempt ${attempt.number} of run ${run.id}`))
  return [...made.union(new Set(recorded.keys()))]
    .map((name) => ({ name, times: recorded.get(name)?.length ?? 0, expected: made.has(name) ? 1 : 0 }))
    .filter(({ times, expected }) => times !== expected)
    .map(({ name, times, expected }) => `${name} is recorded ${times} times, not ${expected}`)
}

/** As Prometheus writes them. */
function label({ job, state, result, cause }: Omit<CountedEnding, 'count' | 'state'> & { state: string }): string {
  return `job="${job}",state="${state}",result="${result}",cause="${cause}"`
}
