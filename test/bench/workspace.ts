import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobDefinition } from '../../src/simulator/definitions.ts'
import type { Bench } from './bench.ts'
import { controlWorkspace, type WorkspaceControls } from './controls.ts'
import { type Program, startProgram } from './program.ts'

/** The simulated workspace's own access token. */
export const TOKEN = 'dapi-simulated-token'

/** Databricks job ids by the names of the catalogue. */
export const JOBS = new Map(Array.from({ length: 20 }, (_, index) => [`nightly-load-${index + 1}`, `${1001 + index}`]))

/** A run-now call as its callers send it without the gateway; `[<id>]` is another one in each. */
export const RUN_NOW_HEADERS = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
export const RUN_NOW_BODY = '{"job_id":1001,"idempotency_token":"[<id>]","job_parameters":{"day":"2026-11-22"}}'

const MAIN = new URL('../../src/main.ts', import.meta.url)

export type Workspace = Program & WorkspaceControls

/** A simulated workspace; all runs of its jobs take so long. */
export async function startWorkspace(bench: Bench, { runMs }: { runMs: number }): Promise<Workspace> {
  const catalogue = join(bench.folder, 'catalogue.json')
  writeFileSync(catalogue, JSON.stringify([...JOBS].map(([name, id]) => defineJob(name, id, runMs))))
  const args = ['simulate', '--port', '0', '--catalogue', catalogue]
  const program = await startProgram(bench, { file: MAIN, args })
  return { ...program, ...controlWorkspace(program.url) }
}

function defineJob(name: string, job_id: string, runMs: number): JobDefinition {
  return {
    job_id,
    name,
    parameters: [{ name: 'day', default: '' }],
    tasks: [{ task_key: 'load', duration_ms: runMs }],
    max_concurrent_runs: 1_000,
    pending_ms: 0,
    cleanup_ms: 0,
  }
}
