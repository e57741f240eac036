import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../clock.ts'
import { createCallLog } from './calls.ts'
import { type Controls, createControl } from './control.ts'
import { check, checkJob, type JobDefinition } from './definitions.ts'
import { createDispatch } from './dispatch.ts'
import { createFaults, Fault } from './faults.ts'
import { createIds } from './ids.ts'
import { createIssuer } from './issuer.ts'
import { CREDENTIALS, type Credentials, createOAuth, PartialCredentials } from './oauth.ts'
import { DEFAULTS, PartialOptions } from './options.ts'
import { createRateLimits } from './rate-limits.ts'
import { summarize } from './run.ts'
import { createHttpServer, type Tls } from './server.ts'
import { createTokenRoutes } from './token-routes.ts'
import { createWorkspace } from './workspace.ts'

/** A Databricks workspace over real HTTP, for demos, tests and load. */
export interface Simulator extends Controls {
  readonly url: string
  close(): Promise<void>
}

export interface SimulatorSettings {
  /** Default 0: any free port. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Left out: plain HTTP. */
  readonly tls?: Tls
  readonly clock?: Clock
  readonly jobs?: readonly JobDefinition[]
  readonly options?: PartialOptions
  readonly credentials?: Partial<Credentials>
}

/** Starts a simulated workspace and resolves once it listens. Rejects when the port is taken. */
export async function createSimulator(settings: SimulatorSettings = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', tls, clock = systemClock, jobs = [] } = settings
  const options = { ...DEFAULTS }
  const credentials = { ...CREDENTIALS }
  const now = createTime(clock)
  const workspace = createWorkspace({ now: now.read, options, newId: createIds(() => options.ids) })
  const oauth = createOAuth({ now: now.read, options, credentials })
  const issuer = createIssuer({ now: now.read, options })
  const limits = createRateLimits({ now: now.read, options })
  const faults = createFaults()
  const calls = createCallLog(() => options.max_calls)

  const controls: Controls = {
    credentials,
    options,
    now: now.read,
    advance: now.advance,
    setOptions: (changes) => {
      Object.assign(options, check(PartialOptions, changes, 'options'))
    },
    defineJob: (definition) => {
      const job = checkJob(definition)
      workspace.settle()
      return workspace.define(job).id
    },
    removeJob: workspace.removeJob,
    jobs: () => workspace.jobs().map(({ id, definition }) => ({ ...definition, job_id: id })),
    runs: () => {
      const at = workspace.settle()
      return workspace.runs.all.map((run) => summarize(run, at))
    },
    addFault: (fault) => faults.add(check(Fault, fault, 'fault')),
    faults: faults.list,
    clearFaults: faults.clear,
    calls: calls.all,
    counts: calls.counts,
    clearCalls: calls.clear,
    accessTokens: oauth.tokens,
    revokeTokens: oauth.revoke,
    changeCredentials: (changes) => {
      Object.assign(credentials, check(PartialCredentials, changes, 'credentials'))
    },
    signSubjectToken: issuer.sign,
  }
  controls.setOptions(settings.options ?? {})
  controls.changeCredentials(settings.credentials ?? {})
  for (const job of jobs) controls.defineJob(job)

  const answerTokens = createTokenRoutes({ now: now.read, oauth, issuer, options })
  const dispatch = createDispatch({ api: { workspace, options }, oauth, limits, answerTokens })
  const control = createControl(controls)
  const server = createHttpServer({ tls, clock, now: now.read, options, calls, faults, dispatch, control })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    ...controls,
    url: `${tls ? 'https' : 'http'}://${name}:${address.port}`,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The clock's time plus an offset of the workspace's own; it never goes back. */
function createTime(clock: Clock) {
  let offset = 0
  let last = 0
  const read = () => {
    last = Math.max(last, clock.now() + offset)
    return last
  }
  const advance = (ms: number) => {
    offset += ms
    return read()
  }
  return { read, advance }
}
