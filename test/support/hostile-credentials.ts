import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { Permission } from '../../src/config/schema/clients.ts'
import { KEYS } from './gateway.ts'
import { GENEROUS_LIMITS } from './generous-limits.ts'
import { headerText } from './hostile-values.ts'

/** What a request carries to be known by. */
export interface Credential {
  headers: [name: string, value: string][]
  /** No client's key, or none that can be read. */
  anonymous: boolean
}

const PERMISSIONS: Permission[] = ['trigger', 'read', 'output', 'cancel', 'repair', 'metrics', 'admin']

/** One client for each permission alone, one with all of them, and one that sees a single job. */
const CALLERS: Record<string, { jobs: string[]; permissions: Permission[] }> = {
  ...Object.fromEntries(
    PERMISSIONS.map((permission) => [`only-${permission}`, { jobs: ['*'], permissions: [permission] }]),
  ),
  all: { jobs: ['*'], permissions: PERMISSIONS },
  narrow: { jobs: ['open'], permissions: PERMISSIONS },
}

const keyOf = (name: string) => `hostile-test-key-of-${name}`

/** For the configuration of a gateway, beside its usual two. */
export const callers = Object.fromEntries(
  Object.entries(CALLERS).map(([name, options]) => [
    name,
    {
      keys: [`sha256:${createHash('sha256').update(keyOf(name)).digest('hex')}`],
      limits: GENEROUS_LIMITS,
      ...options,
    },
  ]),
)

/** Of the one that may do everything. */
export const keyOfAll = keyOf('all')

const base64 = (value: string) => Buffer.from(value).toString('base64')
const keys = Object.entries({
  ...KEYS,
  ...Object.fromEntries(Object.keys(CALLERS).map((name) => [name, keyOf(name)])),
})

/** As they are, and as Basic spells them. */
export const callerSecrets = keys.flatMap(([name, key]) => [key, base64(`${name}:${key}`)])

const CARRIERS: ((name: string, key: string) => [name: string, value: string])[] = [
  (_name, key) => ['x-api-key', key],
  (_name, key) => ['authorization', `Bearer ${key}`],
  (_name, key) => ['authorization', `bearer  ${key}`],
  (name, key) => ['authorization', `Basic ${base64(`${name}:${key}`)}`],
  (name, key) => ['Authorization', `bAsIc ${base64(`${name}:${key}`)}`],
]

const good = (known: typeof keys): fc.Arbitrary<Credential> =>
  fc
    .tuple(fc.constantFrom(...known), fc.constantFrom(...CARRIERS))
    .map(([[name, key], carry]) => ({ headers: [carry(name, key)], anonymous: false }))

const key = KEYS['control-m']
const BAD: Credential['headers'][] = [
  [],
  [
    ['x-api-key', key],
    ['x-api-key', KEYS.other],
  ],
  [
    ['x-api-key', key],
    ['authorization', `Bearer ${KEYS.other}`],
  ],
  [['x-api-key', `${key}, ${key}`]],
  [['cookie', `x-api-key=${key}`]],
  ...[
    `Basic ${base64(`other:${key}`)}`,
    `Basic ${base64(`control-m:${KEYS.other}`)}`,
    ...[`Basic ${base64('no colon')}`, `Basic ${base64(key)}`, `Basic ${key}`, 'Basic', 'Basic ====', 'Bearer'],
    ...[`Bearer ${key} ${key}`, `Bearer "${key}"`, `Bearer ${key.toUpperCase()}`, `Bearer ${key.slice(0, -1)}`],
    ...[`Digest ${key}`, `Bearer, ${key}`, key, '"'],
    // Of a token that nobody has signed.
    `Bearer ${[{ alg: 'none' }, { sub: 'control-m' }].map((part) => base64(JSON.stringify(part))).join('.')}.`,
  ].map((value): Credential['headers'] => [['authorization', value]]),
]
const bad: fc.Arbitrary<Credential> = fc
  .oneof(
    { weight: 3, arbitrary: fc.constantFrom(...BAD) },
    fc.tuple(fc.constantFrom('authorization', 'x-api-key'), headerText).map((header) => [header]),
  )
  .map((headers) => ({ headers, anonymous: true }))

/** Of a client that may do anything, and such as are not good. */
export interface Tokens {
  good: string[]
  bad: string[]
}

/** Mostly one that gets far; else any client's, in any of the ways to send it, or what is none. */
export function credentialsWith(tokens: Tokens): fc.Arbitrary<Credential> {
  const bearer = (list: string[], anonymous: boolean) =>
    fc
      .constantFrom(...list)
      .map((token): Credential => ({ headers: [['authorization', `Bearer ${token}`]], anonymous }))
  return fc.oneof(
    { weight: 4, arbitrary: good(keys.filter(([name]) => name === 'control-m' || name === 'all')) },
    { weight: 2, arbitrary: bearer(tokens.good, false) },
    { weight: 3, arbitrary: good(keys) },
    { weight: 1, arbitrary: fc.oneof({ weight: 2, arbitrary: bad }, bearer(tokens.bad, true)) },
  )
}
