import { readFileSync } from 'node:fs'
import type fc from 'fast-check'
import type { Test } from 'tap'
import { Pool } from 'undici'
import { LIST_KINDS, MAP_KINDS } from '../../src/config/schema/jobs.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { findFault, type WireAnswer } from './check-answer.ts'
import { createFindUndescribed } from './described-answers.ts'
import { type Gateway, startGateway, startSimulator, writeConfig } from './gateway.ts'
import { GENEROUS_LIMITS, GENEROUS_TO_STRANGERS } from './generous-limits.ts'
import { callerSecrets, callers, credentialsWith, keyOfAll } from './hostile-credentials.ts'
import { requestsOf, type WireRequest } from './hostile-requests.ts'
import { SIGNING_KEY, signedRequests } from './hostile-signatures.ts'
import { makeHostileTokens } from './hostile-tokens.ts'

const CLIENT_SECRET = 'secret-of-the-service-principal'

/** In an order that lists can have: what may be left out at their end has no default. */
export const parameters = {
  count: { type: 'integer', minimum: -5, maximum: 5, default: 1 },
  full: { type: 'boolean', default: false },
  region: { enum: ['NORTE', 'SUR'], default: 'SUR' },
  day: { type: 'date' },
  share: { type: 'number' },
  name: { pattern: '[a-z]+', max_length: 10 },
}
/** One job for each way in which Databricks takes parameters of one's own, and two that are different. */
export const typed = Object.fromEntries(
  [...MAP_KINDS, ...LIST_KINDS]
    .filter((kind) => kind !== 'pipeline_params')
    .map((kind) => [kind, { job_id: '11', parameters_as: kind, parameters }]),
)
const jobs = {
  ...typed,
  open: { job_id: '11', parameters_as: 'notebook_params', additional_parameters: true },
  pipeline: {
    job_id: '11',
    parameters_as: 'pipeline_params',
    parameters: { full_refresh: { type: 'boolean' }, refresh_selection: {} },
  },
}

/** A gateway to be sent anything, on a workspace whose runs end at once. */
export interface FuzzedGateway {
  simulator: Simulator
  config: string
  gateway: Gateway
  /** What may be seen nowhere. */
  secrets: string[]
  /** For every operation of the gateway. */
  requests: fc.Arbitrary<WireRequest>
  /** By addresses that stand for a key. */
  signed: fc.Arbitrary<WireRequest>
  /** How many answers had each status. */
  answered: Map<number, number>
  /** Sends it; rejects when the answer is not one that may be given. */
  hold(request: WireRequest): Promise<WireAnswer>
  /** Ends every pause that was made. */
  resume(): Promise<void>
}

/** @param trouble statuses that may be answered beside those below 500 */
export async function startFuzzed(t: Test, { trouble = [] }: { trouble?: number[] } = {}): Promise<FuzzedGateway> {
  const outcome = ['success', 'failed', 'canceled', 'success', 'success'] as const
  const simulator = await startSimulator(t, {
    jobs: [
      {
        ...{ job_id: '11', name: 'quick', max_concurrent_runs: 1000, pending_ms: 0, cleanup_ms: 0 },
        parameters: Object.keys(parameters).map((name) => ({ name, default: '' })),
        tasks: [{ task_key: 'main', duration_ms: 0, outcome: [...outcome] }],
      },
    ],
    credentials: { client_secret: CLIENT_SECRET },
  })
  const server = {
    ...{ max_wait_seconds: 1, trigger_timeout_seconds: 1, limits: GENEROUS_TO_STRANGERS },
    signing_keys: [{ env: 'TEST_SIGNING_KEY' }],
  }
  const tokens = await makeHostileTokens(t)
  const all = { ...callers['all'], tokens: tokens.rules, signed_location: true }
  const config = writeConfig(t, simulator, {
    jobs,
    issuers: tokens.issuers,
    clients: { ...callers, all, 'control-m': { limits: GENEROUS_LIMITS } },
    server,
  })
  const gateway = await startGateway(t, config, { TEST_CLIENT_SECRET: CLIENT_SECRET, TEST_SIGNING_KEY: SIGNING_KEY })
  const ids: string[] = []
  for (const key of ['K-1', 'K-2', 'K-3']) {
    const { body } = await gateway.trigger('open', undefined, { key })
    ids.push(body.id, (await gateway.ended(body.id)).databricks_run_id)
  }
  const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))
  const findUndescribed = createFindUndescribed(document)
  const secrets = [
    ...callerSecrets,
    ...tokens.good,
    ...tokens.bad,
    CLIENT_SECRET,
    SIGNING_KEY,
    ...simulator.accessTokens(),
  ]
  const ask = openPool(t, gateway)
  const answered = new Map<number, number>()
  return {
    ...{ simulator, config, gateway, secrets, answered },
    requests: requestsOf(document, credentialsWith(tokens), {
      job: [...Object.keys(jobs), 'open', 'open', 'open'],
      id: ids,
      key: ['K-1', 'K-2', 'K-3', 'K-4', 'K-5'],
      code: ['internal', 'key-required'],
      state: ['FAILED', 'running'],
      result: ['OK', 'ko'],
      since: ['2026-01-01', '2026-01-01T00:00:00Z'],
      run: ids,
      workspace: ['main'],
      client: ['control-m'],
      ref: ['SALES/LOAD', 'SALES/*'],
      include: ['tasks', 'attempts', 'output', 'tasks,attempts,output'],
    }),
    signed: signedRequests(ids, 'all'),
    async hold(request) {
      const answer = await ask(request)
      const { status } = answer
      answered.set(status, (answered.get(status) ?? 0) + 1)
      const fault = findFault(request, answer, { secrets, trouble }) ?? findUndescribed(request, answer)
      if (fault !== undefined) throw new Error(`${fault}: ${status} ${answer.text.slice(0, 1000)}`)
      return answer
    },
    async resume() {
      const as = { client: null, headers: { 'x-api-key': keyOfAll } }
      const { body } = await gateway.call('GET', '/admin/pauses', as)
      for (const { scope, name } of body.pauses) {
        await gateway.call('POST', '/admin/resume', { ...as, body: scope === 'all' ? {} : { [scope]: name } })
      }
    },
  }
}

/** Sends to the gateway over connections that stay open. */
function openPool(t: Test, { url }: Gateway) {
  const pool = new Pool(url, { connections: 8, headersTimeout: 10_000, bodyTimeout: 10_000 })
  t.teardown(() => pool.close())
  return async ({ method, path, headers, body }: WireRequest) => {
    const answer = await pool.request({ method: method as 'GET', path, headers: headers.flat(), body })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
}
