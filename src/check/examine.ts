import type { Clock } from '../clock.ts'
import type { JobConfig } from '../config/schema/jobs.ts'
import type { WorkspaceConfig } from '../config/schema/workspaces.ts'
import type { Config } from '../config/schema.ts'
import type { Call, Observer } from '../databricks/types.ts'
import { createFetchJson } from '../fetch-json.ts'
import { createFetchKeys } from '../fetch-keys.ts'
import { readLedgerOptions } from '../ledger-options.ts'
import { createWorkspaces, type Workspaces } from '../workspaces.ts'
import { about, type Finding, type Result, skipped, well } from './finding.ts'
import { checkIssuer } from './issuer.ts'
import { checkJob } from './job.ts'
import { checkLedger } from './ledger.ts'
import { checkSecretEnd } from './secret.ts'
import { describeWayOut, findWayOut } from './way-out.ts'
import { checkWorkspace, type WorkspaceAnswer } from './workspace.ts'

export interface ExamineDeps {
  config: Config
  env: NodeJS.ProcessEnv
  clock: Clock
  version: string
  /** Only what needs no network. */
  offline: boolean
  signal: AbortSignal
  /** Told of each secret that is read, so that the output can hide it. */
  onSecret: (secret: string) => void
}

/** Of all jobs together: two or three calls each, within the workspace's budget. */
const JOBS_MS = 30_000
const JOB_MS = 500

const UNOBSERVED: Observer = { request() {}, retry() {}, tokenRefresh() {}, up() {}, credentialRefused() {} }

/** Looks at everything that the gateway needs, in the order of its configuration. Changes nothing anywhere. */
export async function examine(deps: ExamineDeps): Promise<Finding[]> {
  const { config, env, clock, version, offline, onSecret } = deps
  const visits = Object.entries(config.workspaces).map(
    ([name, workspace]): Visit => ({ name, workspace, way: findWayOut(name, workspace, env) }),
  )
  // Without a way out there is no client either.
  const reachable = visits.filter(({ way }) => !('problem' in way))
  const workspaces = createWorkspaces({
    workspaces: Object.fromEntries(reachable.map(({ name, workspace }) => [name, workspace])),
    env,
    clock,
    version,
    observerOf: () => UNOBSERVED,
    shareOf: () => 1,
    onSecret,
  })
  const readOptions = () => readLedgerOptions(config, { env, onSecret })
  try {
    const issuers = Object.entries(config.issuers).map(async ([name, issuer]) => {
      const fetchKeys = createFetchKeys(issuer, createFetchJson({ env, onSecret, clock }))
      return about('issuer', name, await checkIssuer({ name, config: issuer, fetchKeys, offline }))
    })
    const [ledger, asked, ...visited] = await Promise.all([
      checkLedger({ config, readOptions, offline, clock }),
      Promise.all(issuers),
      ...visits.map((each) => visit(each, { ...deps, workspaces })),
    ])
    return [
      ...about('configuration', null, [well('files', countEntries(config))]),
      ...about('ledger', null, ledger),
      ...asked.flat(),
      ...visited.flatMap(({ own }) => own),
      ...visited.flatMap(({ jobs }) => jobs),
    ]
  } finally {
    await workspaces.close()
  }
}

interface Visit {
  name: string
  workspace: WorkspaceConfig
  way: ReturnType<typeof findWayOut>
}

/** The workspace first; its jobs are looked up once it is known to answer. */
async function visit(
  { name, workspace, way }: Visit,
  { config, workspaces, clock, offline, signal }: ExamineDeps & { workspaces: Workspaces },
): Promise<{ own: Finding[]; jobs: Finding[] }> {
  const { auth, host } = workspace
  const jobs = Object.entries(config.jobs).filter(([, job]) => job.workspace === name)

  const goThere = async (): Promise<WorkspaceAnswer> => {
    if ('problem' in way) return { results: [way.problem], answers: false }
    const route = describeWayOut(way)
    if (offline)
      return { results: [route, skipped('connection', 'Databricks is not asked (--offline)')], answers: false }
    const { results, answers } = await checkWorkspace({
      name,
      workspace,
      way,
      client: workspaces.clientOf(name),
      clock,
      signal,
    })
    return { results: [route, ...results], answers }
  }

  const lookUp = async (job: JobConfig, alias: string, call: Call): Promise<Result[]> => {
    if (offline) return [skipped('definition', 'not looked up (--offline)')]
    if (!answers) return [skipped('definition', `not looked up, as workspace ${name} cannot be asked`)]
    const principal = { workspace: name, host, auth }
    return checkJob({ name: alias, job, client: workspaces.clientOf(name), principal, clock, call })
  }

  const { results, answers } = await goThere()
  const call = { deadline: clock.now() + JOBS_MS + JOB_MS * jobs.length, signal }
  const found = await Promise.all(jobs.map(async ([alias, job]) => about('job', alias, await lookUp(job, alias, call))))
  return {
    own: about('workspace', name, [...results, checkSecretEnd(name, auth, clock.now())]),
    jobs: found.flat(),
  }
}

function countEntries({ jobs, clients, workspaces }: Config): string {
  const count = (entries: object, one: string) => {
    const { length } = Object.keys(entries)
    return `${length} ${length === 1 ? one : `${one}s`}`
  }
  return [count(workspaces, 'workspace'), count(jobs, 'job'), count(clients, 'client')].join(', ')
}
