import { Type } from '@sinclair/typebox'
import type { Call } from './calls.ts'
import { check, InvalidInput, type JobDefinition } from './definitions.ts'
import { type Incoming, json, type Reply } from './dispatch.ts'
import type { Fault, PendingFault } from './faults.ts'
import { Claims } from './issuer.ts'
import { parseJson } from './json.ts'
import type { Credentials, PartialCredentials } from './oauth.ts'
import type { Options, PartialOptions } from './options.ts'
import type { RunSummary } from './run.ts'
import { CONTROL } from './server.ts'

/** What tests and the control endpoints may do to a workspace. Wrong input throws InvalidInput. */
export interface Controls {
  readonly credentials: Readonly<Credentials>
  readonly options: Readonly<Options>
  /** The workspace's own time, epoch ms. */
  now(): number
  /** Moves that time on, so that a run of two hours can end now. */
  advance(ms: number): number
  setOptions(changes: PartialOptions): void
  /** Adds a job, or replaces the one with its id; returns the id. */
  defineJob(definition: JobDefinition): string
  removeJob(jobId: string): void
  jobs(): JobDefinition[]
  /** Every run there is, oldest first. */
  runs(): RunSummary[]
  /** Returns the id under which the fault can be cleared. */
  addFault(fault: Fault): number
  faults(): PendingFault[]
  clearFaults(id?: number): void
  /** The last calls, oldest first. */
  calls(): readonly Call[]
  /** How many calls there were by `METHOD path`. */
  counts(): Record<string, number>
  clearCalls(): void
  /** The access tokens that are worth something now. */
  accessTokens(): string[]
  /** Makes every access token that was issued worthless. */
  revokeTokens(): void
  changeCredentials(changes: PartialCredentials): void
  /** A JWT of the issuer that `options.federation` describes, as a cluster would project it, with other claims if asked. */
  signSubjectToken(claims?: Claims): Promise<string>
}

const Advance = Type.Object({ advance_ms: Type.Integer({ minimum: 0 }) }, { additionalProperties: false })

type Endpoint = (request: { query: URLSearchParams; body: unknown; id: string | undefined }) => unknown

/** The endpoints below `/__simulator/`: the controls over HTTP. The body's shape is checked by the control itself. */
export function createControl(controls: Controls): (incoming: Incoming) => Promise<Reply> {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    'GET jobs': () => controls.jobs(),
    'POST jobs': ({ body }) => {
      const jobs = (Array.isArray(body) ? body : [body]) as JobDefinition[]
      return jobs.map((job) => ({ job_id: controls.defineJob(job), name: job.name }))
    },
    'DELETE jobs': ({ id }) => controls.removeJob(required(id)),
    'GET runs': () => controls.runs(),
    'GET faults': () => controls.faults(),
    'POST faults': ({ body }) => ({ id: controls.addFault(body as Fault) }),
    'DELETE faults': ({ id }) => controls.clearFaults(id === undefined ? undefined : Number(id)),
    'GET calls': ({ query }) => {
      const wanted = (field: 'method' | 'path', call: Call) => (query.get(field) ?? call[field]) === call[field]
      return controls.calls().filter((call) => wanted('method', call) && wanted('path', call))
    },
    'GET counts': () => controls.counts(),
    'DELETE calls': () => controls.clearCalls(),
    'GET clock': () => ({ now: controls.now() }),
    'POST clock': ({ body }) => ({ now: controls.advance(check(Advance, body, 'clock').advance_ms) }),
    'GET options': () => controls.options,
    'PATCH options': ({ body }) => {
      controls.setOptions(body as PartialOptions)
      return controls.options
    },
    'GET credentials': () => controls.credentials,
    'PATCH credentials': ({ body }) => {
      controls.changeCredentials(body as PartialCredentials)
      return controls.credentials
    },
    'POST subject-token': async ({ body = {} }) => ({
      token: await controls.signSubjectToken(check(Claims, body, 'claims')),
    }),
    'GET tokens': () => controls.accessTokens(),
    'DELETE tokens': () => controls.revokeTokens(),
  }

  return async ({ method, path, query, body }) => {
    const [name = '', id] = path.slice(CONTROL.length + 1).split('/')
    const endpoint = endpoints[`${method} ${name}`]
    if (!endpoint) {
      const names = Object.keys(endpoints).map((each) => each.replace(' ', ` ${CONTROL}/`))
      return json(name === '' ? 200 : 404, { endpoints: names })
    }
    try {
      return json(200, (await endpoint({ query, id, body: body === '' ? undefined : parseJson(body) })) ?? {})
    } catch (error) {
      if (error instanceof InvalidInput || error instanceof SyntaxError) return json(400, { message: error.message })
      throw error
    }
  }
}

function required(id: string | undefined): string {
  if (!id) throw new InvalidInput('the id is missing in the path')
  return id
}
