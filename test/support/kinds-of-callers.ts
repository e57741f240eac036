import type { Test } from 'tap'
import { hashKey } from '../../src/config/key-hash.ts'
import type { Permission } from '../../src/config/schema/clients.ts'
import { type Grant, signGrant } from '../../src/http/signature.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Answer, type Gateway, KEYS, startGateway, startSimulator, writeConfig } from './gateway.ts'
import { GENEROUS_TO_STRANGERS } from './generous-limits.ts'
import { startIssuer } from './token-issuer.ts'

export interface Kind {
  headers?: Record<string, string>
  /** Of a signed Location, which is good for the run's own await alone. */
  query?: string
  /** What its client may do; left out: the gateway does not know who that is. */
  may?: Permission[]
  /** Whether its client sees the job `mine`; those that do not see another one. */
  seesMine?: boolean
  /** Whether its client is that of the run. */
  owner?: boolean
}

export interface KindsOfCallers {
  simulator: Simulator
  gateway: Gateway
  /** A run of the job `mine` under OWN_KEY that has ended well. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there
  run: any
  kinds: Record<string, Kind>
  /** `METHOD PATH BODY`, where the body may be left out. */
  ask(call: string, kind: Kind): Promise<Answer>
}

export const OWN_KEY = 'LOAD-20261122'
const PERMISSIONS: Permission[] = ['trigger', 'read', 'output', 'cancel', 'repair', 'metrics', 'admin']
const OF_OWNER: Permission[] = ['trigger', 'read', 'output', 'cancel', 'repair']
const allBut = (permission: Permission) => PERMISSIONS.filter((one) => one !== permission)

/** Beside the owner (control-m) and another client that may all but admin (other). */
const CLIENTS: Record<string, { jobs: string[]; permissions: Permission[] }> = {
  ...Object.fromEntries(PERMISSIONS.map((permission) => [permission, { jobs: ['*'], permissions: [permission] }])),
  elsewhere: { jobs: ['theirs'], permissions: PERMISSIONS },
  everything: { jobs: ['*'], permissions: PERMISSIONS },
}

const SIGNING_KEYS = {
  FIRST_KEY: 'the-first-signing-key-of-the-matrix',
  SECOND_KEY: 'the-second-signing-key-of-the-matrix',
}

const keyOf = (client: string) => `matrix-test-key-of-${client}`
const withKey = (key: string) => ({ headers: { 'x-api-key': key } })
const withBasic = (user: string, key: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` },
})

/** A gateway with a run, and every kind of caller that may come for it. */
export async function startWithKinds(t: Test): Promise<KindsOfCallers> {
  const simulator = await startSimulator(t, {
    jobs: [
      { job_id: '11', name: 'quick', pending_ms: 0, cleanup_ms: 0, tasks: [{ task_key: 'main', duration_ms: 0 }] },
    ],
  })
  const issuer = await startIssuer(t)
  const clients = Object.entries(CLIENTS).map(([name, client]) => [
    name,
    { keys: [hashKey(keyOf(name))], signed_location: name !== 'everything', ...client },
  ])
  const config = writeConfig(t, simulator, {
    server: { signing_keys: [{ env: 'FIRST_KEY' }, { env: 'SECOND_KEY' }], limits: GENEROUS_TO_STRANGERS },
    issuers: { corporate: { issuer: issuer.url, audience: ['gateway'] } },
    jobs: { mine: { job_id: '11' }, theirs: { job_id: '11' } },
    clients: {
      'control-m': {
        ...{ jobs: ['mine'], permissions: OF_OWNER, signed_location: true },
        tokens: [{ issuer: 'corporate', claims: { sub: 'owner' } }],
      },
      other: { jobs: ['mine'], permissions: allBut('admin') },
      ...Object.fromEntries(clients),
    },
  })
  const gateway = await startGateway(t, config, SIGNING_KEYS)
  const { body } = await gateway.trigger('mine', undefined, { key: OWN_KEY })
  const run = await gateway.ended(body.id)

  const inAWeek = Math.floor(Date.now() / 1000) + 7 * 86_400
  const signed = (change: Partial<Grant> = {}, key = SIGNING_KEYS.FIRST_KEY) => {
    const grant = { run: run.id, client: 'control-m', expires: inAWeek, ...change }
    return { query: `${new URLSearchParams(signGrant(grant, key))}` }
  }
  const { query } = signed()
  const withToken = async (claims: Parameters<typeof issuer.sign>[0] = {}) => ({
    headers: { authorization: `Bearer ${await issuer.sign({ aud: 'gateway', sub: 'owner', ...claims })}` },
  })
  const owner: Kind = { may: OF_OWNER, seesMine: true, owner: true }
  const reader: Kind = { may: ['read'], seesMine: true }
  const alone = PERMISSIONS.map((permission): [string, Kind] => [
    `${permission} alone`,
    { ...withKey(keyOf(permission)), may: [permission], seesMine: true },
  ])

  return {
    ...{ simulator, gateway, run },
    kinds: {
      nobody: {},
      'a key that nobody has': withKey('a-key-that-nobody-has'),
      'no key that can be read': { headers: { authorization: 'Bearer a b' } },
      'two keys': { headers: { 'x-api-key': KEYS['control-m'], authorization: `Bearer ${KEYS.other}` } },
      "Basic with another client's name": withBasic('other', KEYS['control-m']),
      'a token of nobody': await withToken({ sub: 'nobody' }),
      'a token for another audience': await withToken({ aud: 'another' }),
      'a token that has expired': await withToken({ exp: 1 }),
      ...Object.fromEntries(alone),
      'everything, on other jobs': { ...withKey(keyOf('elsewhere')), may: PERMISSIONS, seesMine: false },
      'all but admin': { ...withKey(KEYS.other), may: allBut('admin'), seesMine: true },
      'the owner': { ...withKey(KEYS['control-m']), ...owner },
      'the owner by Basic': { ...withBasic('control-m', KEYS['control-m']), ...owner },
      'the owner by a token': { ...(await withToken()), ...owner },
      everything: { ...withKey(keyOf('everything')), may: PERMISSIONS, seesMine: true },
      'a signed Location': { query, ...reader },
      'signed by the second key': { ...signed({}, SIGNING_KEYS.SECOND_KEY), ...reader },
      'signed by another key': signed({}, 'a-key-that-signs-for-somebody-else'),
      'signed for another run': signed({ run: '01JD00000000000000000000AA' }),
      'signed, and over': signed({ expires: Math.floor(Date.now() / 1000) - 1 }),
      'signed, then prolonged': { query: query.replace(`${inAWeek}`, `${inAWeek + 1}`) },
      'signed, then of another client': { query: query.replace('control-m', 'read') },
      'signed for a client that is gone': signed({ client: 'gone' }),
      'signed for a client without signed_location': signed({ client: 'everything' }),
      'signed for a client that may not read': { ...signed({ client: 'trigger' }), may: ['trigger'], seesMine: true },
      'signed for a client of other jobs': { ...signed({ client: 'elsewhere' }), may: ['read'], seesMine: false },
    },
    ask(call, { headers = {}, query }) {
      const [, method = '', path = '', body] = /^(\S+) (\S+) ?(.*)$/.exec(call) ?? []
      const more = query === undefined ? '' : `${path.includes('?') ? '&' : '?'}${query}`
      return gateway.call(method, path + more, { client: null, headers, ...(body ? { body } : {}) })
    },
  }
}
