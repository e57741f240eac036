import type { RunSummary } from '../../../src/simulator/run.ts'
import { toScaled } from '../../support/scaled-clock.ts'
import { HEADERS } from '../gateway.ts'
import { countCalls, type EndpointCalls } from './calls.ts'
import type { Night } from './start.ts'

/** How well one workspace's runs were watched. Spans are in the night's own time. */
export interface Verdict {
  planned: number
  /** Runs whose end the gateway tells as the workspace does. */
  right: number
  /** Runs that the workspace started for the gateway beyond those planned. */
  surplus: number
  /** When each run ended in the workspace (epoch ms), and how long until the gateway knew of it. */
  ends: { at: number; lagS: number }[]
  /** From each trigger until its run began in the workspace, s. */
  submitS: number[]
  calls: Record<string, EndpointCalls>
}

interface Page {
  runs: GatewayRun[]
  next_cursor: string | null
}

interface GatewayRun {
  id: string
  state: string
  databricks_run_id: string | null
  created_at: string
}

const STATES: Record<string, string> = {
  SUCCESS: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELED: 'CANCELED',
  TIMEDOUT: 'TIMED_OUT',
}

/** Compares what the gateway says of a workspace's runs with what the workspace says itself. */
export async function judge(night: Night, workspace: string): Promise<Verdict> {
  const controls = night.workspaces.controlsOf(workspace)
  const jobs = night.jobs[workspace] ?? []
  const planned = jobs.reduce((sum, { lengthsMs }) => sum + lengthsMs.length, 0)
  const real = new Map((await controls.runs()).map((run) => [run.run_id, run]))
  const told = (await Promise.all(jobs.map(({ name }) => listRuns(night, name)))).flat()
  const pairs = told
    .map((run) => [run, real.get(run.databricks_run_id ?? '')] as const)
    .filter((pair): pair is [GatewayRun, RunSummary] => pair[1] !== undefined)
  const right = pairs.filter(([run, { result_state }]) => run.state === STATES[result_state ?? ''])
  const knownAt = readEnds(night)
  return {
    planned,
    right: right.length,
    surplus: [...real.values()].filter(({ idempotency_token }) => idempotency_token !== null).length - planned,
    ends: right.map(([{ id }, { end_time }]) => {
      const at = end_time ?? 0
      return { at, lagS: ((knownAt.get(id) ?? Number.POSITIVE_INFINITY) - at) / 1000 }
    }),
    submitS: pairs.map(([{ created_at }, { start_time }]) => (start_time - Date.parse(created_at)) / 1000),
    calls: countCalls(await controls.calls()),
  }
}

/** The job's runs since the night began, history left out. */
async function listRuns({ gateway, scale }: Night, job: string): Promise<GatewayRun[]> {
  const runs: GatewayRun[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query = new URLSearchParams({ job, since: new Date(scale.origin).toISOString(), limit: '200' })
    if (cursor !== '') query.set('cursor', cursor)
    const response = await fetch(`${gateway.url}/runs?${query}`, { headers: HEADERS })
    const page = (await response.json()) as Page
    runs.push(...page.runs)
    cursor = page.next_cursor
  }
  return runs
}

/** When the gateway learnt each run's end, by the log; epoch ms of the night's own time. */
function readEnds({ gateway, scale }: Night): Map<string, number> {
  const lines = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"run.finished"'))
    .map((line) => JSON.parse(line) as { time: string; run: string })
  return new Map(lines.map(({ time, run }) => [run, toScaled(scale, Date.parse(time))]))
}
