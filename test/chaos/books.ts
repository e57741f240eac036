import { openLedger } from '../../src/ledger/open.ts'
import type { RecordedEvent } from '../../src/runs/audit.ts'
import type { Attempt, Run } from '../../src/runs/run.ts'
import type { Ending } from '../../src/runs/store.ts'
import type { RunSummary } from '../../src/simulator/run.ts'
import type { Caller } from './caller.ts'
import { KEY, type Landscape } from './landscape.ts'
import type { Order } from './order.ts'
import type { Replica } from './replica.ts'

export type KeptAttempt = Pick<
  Attempt,
  'number' | 'kind' | 'state' | 'result' | 'cause' | 'token' | 'databricks_run_id' | 'repair_id' | 'rerun_id'
>

/** A run of the ledger with all its attempts, oldest first. */
export interface KeptRun extends Pick<Run, 'id' | 'job' | 'key'> {
  attempts: KeptAttempt[]
}

export type CountedEnding = Ending & { count: number }

/** What each side holds once all is quiet. */
export interface Books {
  orders: Order[]
  upstream: RunSummary[]
  kept: KeptRun[]
  endings: CountedEnding[]
  /** What an auditor is told. */
  events: Pick<RecordedEvent, 'action' | 'run_id' | 'attempt' | 'detail'>[]
  /** runs_finished_total of each gateway: by labels, those above 0. */
  scrapes: Map<string, number>[]
}

/** Every run of the ledger is over: whoever was accepted is waited for, as a scheduler does. */
export async function settle({ insist }: Caller): Promise<void> {
  for (const state of ['SUBMITTING', 'QUEUED', 'PENDING', 'RUNNING', 'UNCONFIRMED']) {
    for (;;) {
      const { body } = await insist('GET', `/runs?state=${state}&limit=200`)
      const ids: string[] = body.runs.map((run: { id: string }) => run.id)
      if (ids.length === 0) break
      await Promise.all(ids.map((id) => insist('GET', `/runs/${id}/await?wait=10`)))
    }
  }
}

/** Every order's run as each gateway knows it by the key. */
export async function askAll({ insist }: Caller, orders: Order[]): Promise<void> {
  for (const order of orders) {
    const { status, body } = await insist('GET', `/run?job=${order.job}&key=${order.key}`)
    if (status === 200) order.runIds.add(body.id)
    else order.problems.push(`${order.key} is answered ${status} at the end`)
  }
}

/** What the gateway counts, as soon as it can read the ledger. */
export async function scrape({ url }: Replica, patience: AbortSignal): Promise<Map<string, number>> {
  for (;;) {
    const response = await fetch(`${url}/metrics`, { headers: { 'x-api-key': KEY }, signal: patience })
    const text = await response.text()
    if (!/^job_gateway_ledger_up 1$/m.test(text)) continue
    const samples = text.matchAll(/^job_gateway_runs_finished_total\{(.*)\} (\d+)$/gm)
    const counts = [...samples].map(([, labels = '', count]) => [labels, Number(count)] as const)
    return new Map(counts.filter(([, count]) => count > 0))
  }
}

/** Reads the ledger itself; no gateway has it any more. */
export async function readLedger(landscape: Landscape): Promise<Pick<Books, 'kept' | 'endings' | 'events'>> {
  const store = await openLedger(landscape.ledger())
  try {
    const kept: KeptRun[] = []
    for (const { id, job, key } of await store.list({ jobs: null, limit: Number.MAX_SAFE_INTEGER })) {
      kept.push({ id, job, key, attempts: await store.attempts(id) })
    }
    const events = await store.events({ limit: Number.MAX_SAFE_INTEGER })
    return { kept, endings: await store.endings(), events }
  } finally {
    await store.close()
  }
}
