import type { Test } from 'tap'
import { createMetrics, type Sources } from '../../src/metrics.ts'
import { findLastEnd, findPause, isInForce, type Pause } from '../../src/runs/pause.ts'
import type { ActiveCount, Ending, Expectation, JobSummary, Observation, UnfinishedRun } from '../../src/runs/store.ts'
import { readFiles } from './config-files.ts'
import { readSamples } from './metric-samples.ts'

export const NOW = 1_763_800_000_000

const CONFIG = `
server: { instance: test }
workspaces:
  main:
    host: http://127.0.0.1:8181
    auth: { type: pat, token: { env: TOKEN }, expires_on: 2027-01-31 }
jobs:
  nightly-load: { job_id: "1", owner: risk-data, severity: page, expected_every: 26h }
  strict: { job_id: "2", partial_success: ko, max_active: 3 }
clients:
  control-m:
    keys: ["sha256:${'a'.repeat(64)}"]
    permissions: [trigger]
    jobs: ["*"]
`

/** The metrics of a gateway with two jobs and one client; its clock stands at NOW. */
export async function createTestMetrics(t: Test) {
  const read = await readFiles(t, { files: { 'gateway.yaml': CONFIG }, env: { TOKEN: 'secret' } })
  if (!('config' in read)) throw new Error(read.problems.join('\n'))
  const clock = { now: () => NOW, sleep: async () => {} }
  const metrics = createMetrics({ current: () => read.config, version: '1.2.3', instance: 'test', clock })
  const scrape = async () => readSamples(await metrics.scrape())
  return { metrics, scrape }
}

/** What the ledger says. */
interface Rows {
  endings?: (Ending & { count: number })[]
  active?: ActiveCount[]
  unfinished?: UnfinishedRun[]
  summaries?: JobSummary[]
  observations?: Observation[]
  expectations?: Expectation[]
  pauses?: Pause[]
}

/** What a scrape reads, every question to the ledger noted in `asked`. */
export function createSources(rows: Rows = {}) {
  const { endings = [], active = [], unfinished = [], summaries = [], observations = [], expectations = [] } = rows
  const { pauses = [] } = rows
  const asked: string[] = []
  const answer = async <T>(question: string, rows: T) => {
    asked.push(question)
    return rows
  }
  const sources: Sources = {
    store: {
      endings: () => answer('endings', endings),
      activeCounts: () => answer('activeCounts', active),
      unfinished: (jobs) => answer(`unfinished ${jobs.join()}`, unfinished),
      expectedSince: (jobs) => answer(`expectedSince ${jobs.join()}`, expectations),
      jobSummaries: () => answer('jobSummaries', summaries),
      observations: (staleBefore) => answer(`observations before ${staleBefore}`, observations),
      size: () => answer('size', 4096),
    },
    pauses: {
      of: (what) => findPause(pauses, what, NOW),
      lastEnd: (what) => findLastEnd(pauses, what, NOW),
      inForce: () => pauses.filter((pause) => isInForce(pause, NOW)),
    },
    waiters: () => 3,
    leads: () => true,
    accessTokenExpiresAt: () => NOW + 3_600_000,
    budgetRemaining: () => ({ run_now: 0.25 }),
    onError: () => {},
  }
  return { sources, asked }
}
