import fc from 'fast-check'
import t from 'tap'
import { furthest, type Outcome, readOutcome } from '../../src/runs/outcome.ts'
import { ACTIVE_STATES, isDone } from '../../src/runs/run.ts'

type Upstream = Parameters<typeof readOutcome>[0]

/** [what, life cycle / result, status.state, code, type, then our state, result, cause] */
type Row = [string, string, string | undefined, string | undefined, string | undefined, string, string, string | null]

/** The reference's table of old and new words (§3.5), and its traps. */
const rows: Row[] = [
  ['queued', 'QUEUED', 'QUEUED', undefined, undefined, 'QUEUED', '', null],
  ['starting', 'PENDING', 'PENDING', undefined, undefined, 'PENDING', '', null],
  ['executing', 'RUNNING', 'RUNNING', undefined, undefined, 'RUNNING', '', null],
  ['waits upstream', 'BLOCKED', 'BLOCKED', undefined, undefined, 'PENDING', '', null],
  ['waits for a retry', 'WAITING_FOR_RETRY', 'WAITING', undefined, undefined, 'PENDING', '', null],
  ['finishing', 'TERMINATING', 'TERMINATING', 'SUCCESS', 'SUCCESS', 'RUNNING', '', null],
  ['ok', 'TERMINATED/SUCCESS', 'TERMINATED', 'SUCCESS', 'SUCCESS', 'SUCCEEDED', 'OK', null],
  ['ok, legacy only', 'TERMINATED/SUCCESS', undefined, undefined, undefined, 'SUCCEEDED', 'OK', null],
  [
    'ok with failures',
    'TERMINATED/SUCCESS_WITH_FAILURES',
    'TERMINATED',
    'SUCCESS_WITH_FAILURES',
    'SUCCESS',
    'PARTIAL',
    'OK',
    null,
  ],
  [
    'user code, run level',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'RUN_EXECUTION_ERROR',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'user_code',
  ],
  [
    'user code, run level, legacy only',
    'INTERNAL_ERROR/FAILED',
    undefined,
    undefined,
    undefined,
    'FAILED',
    'KO',
    'user_code',
  ],
  [
    'user code, task level',
    'TERMINATED/FAILED',
    'TERMINATED',
    'RUN_EXECUTION_ERROR',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'user_code',
  ],
  ['user canceled', 'TERMINATED/CANCELED', 'TERMINATED', 'USER_CANCELED', 'SUCCESS', 'CANCELED', 'KO', 'canceled'],
  [
    'user canceled, other type',
    'TERMINATED/CANCELED',
    'TERMINATED',
    'USER_CANCELED',
    'CLIENT_ERROR',
    'CANCELED',
    'KO',
    'canceled',
  ],
  ['user canceled, legacy only', 'TERMINATED/CANCELED', undefined, undefined, undefined, 'CANCELED', 'KO', 'canceled'],
  ['timed out', 'TERMINATED/TIMEDOUT', 'TERMINATED', 'CANCELED', 'CLIENT_ERROR', 'TIMED_OUT', 'KO', 'timeout'],
  [
    'skipped for concurrency',
    'SKIPPED/',
    'TERMINATED',
    'MAX_CONCURRENT_RUNS_EXCEEDED',
    'CLIENT_ERROR',
    'SKIPPED',
    'KO',
    'capacity',
  ],
  [
    'skipped for concurrency, with a result',
    'SKIPPED/MAXIMUM_CONCURRENT_RUNS_REACHED',
    'TERMINATED',
    'MAX_CONCURRENT_RUNS_EXCEEDED',
    'CLIENT_ERROR',
    'SKIPPED',
    'KO',
    'capacity',
  ],
  [
    'skipped for concurrency, result only',
    'TERMINATED/MAXIMUM_CONCURRENT_RUNS_REACHED',
    undefined,
    undefined,
    undefined,
    'SKIPPED',
    'KO',
    'capacity',
  ],
  ['skipped, legacy only', 'SKIPPED/', undefined, undefined, undefined, 'SKIPPED', 'KO', 'skipped'],
  [
    'queue full',
    'TERMINATED/FAILED',
    'TERMINATED',
    'MAX_JOB_QUEUE_SIZE_EXCEEDED',
    'CLIENT_ERROR',
    'SKIPPED',
    'KO',
    'capacity',
  ],
  [
    'workspace full',
    'TERMINATED/FAILED',
    'TERMINATED',
    'WORKSPACE_RUN_LIMIT_EXCEEDED',
    'CLIENT_ERROR',
    'SKIPPED',
    'KO',
    'capacity',
  ],
  [
    'downstream of a failure',
    'TERMINATED/UPSTREAM_FAILED',
    'TERMINATED',
    'SKIPPED',
    'CLIENT_ERROR',
    'SKIPPED',
    'KO',
    'skipped',
  ],
  ['excluded', 'TERMINATED/EXCLUDED', 'TERMINATED', 'SKIPPED', 'SUCCESS', 'SKIPPED', 'KO', 'skipped'],
  ['excluded, legacy only', 'TERMINATED/EXCLUDED', undefined, undefined, undefined, 'SKIPPED', 'KO', 'skipped'],
  ['disabled', 'TERMINATED/DISABLED', 'TERMINATED', 'DISABLED', 'SUCCESS', 'SKIPPED', 'KO', 'skipped'],
  [
    'platform fault',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'INTERNAL_ERROR',
    'INTERNAL_ERROR',
    'FAILED',
    'KO',
    'platform',
  ],
  [
    'platform fault without a result',
    'INTERNAL_ERROR/',
    'TERMINATED',
    'INTERNAL_ERROR',
    'INTERNAL_ERROR',
    'FAILED',
    'KO',
    'platform',
  ],
  ['platform fault, legacy only', 'INTERNAL_ERROR/', undefined, undefined, undefined, 'FAILED', 'KO', 'platform'],
  [
    'child failure on a parent',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'INTERNAL_ERROR',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'user_code',
  ],
  ['cloud fault', 'INTERNAL_ERROR/FAILED', 'TERMINATED', 'CLOUD_FAILURE', 'CLOUD_FAILURE', 'FAILED', 'KO', 'platform'],
  ['driver lost', 'INTERNAL_ERROR/FAILED', 'TERMINATED', 'DRIVER_ERROR', 'CLIENT_ERROR', 'FAILED', 'KO', 'cluster'],
  ['cluster', 'INTERNAL_ERROR/FAILED', 'TERMINATED', 'CLUSTER_ERROR', 'CLIENT_ERROR', 'FAILED', 'KO', 'cluster'],
  [
    'checkout',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'REPOSITORY_CHECKOUT_FAILED',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'configuration',
  ],
  [
    'cluster spec',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'INVALID_CLUSTER_REQUEST',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'configuration',
  ],
  [
    'feature off',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'FEATURE_DISABLED',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'configuration',
  ],
  [
    'too many clusters',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'CLUSTER_REQUEST_LIMIT_EXCEEDED',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'capacity',
  ],
  [
    'storage',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'STORAGE_ACCESS_ERROR',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'permission',
  ],
  [
    'unauthorized',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'UNAUTHORIZED_ERROR',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'permission',
  ],
  [
    'library',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'LIBRARY_INSTALLATION_ERROR',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'library',
  ],
  [
    'contexts',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'MAX_SPARK_CONTEXTS_EXCEEDED',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'capacity',
  ],
  [
    'missing resource',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'RESOURCE_NOT_FOUND',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'configuration',
  ],
  [
    'bad configuration',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'INVALID_RUN_CONFIGURATION',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'configuration',
  ],
  [
    'breaking change',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'BREAKING_CHANGE',
    'INTERNAL_ERROR',
    'FAILED',
    'KO',
    'platform',
  ],
  [
    'budget',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'BUDGET_POLICY_LIMIT_EXCEEDED',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'capacity',
  ],
  [
    'cluster ended by a user',
    'INTERNAL_ERROR/FAILED',
    'TERMINATED',
    'CLUSTER_TERMINATED_BY_USER',
    'CLIENT_ERROR',
    'FAILED',
    'KO',
    'cluster',
  ],
  ['unknown code, by result', 'TERMINATED/SUCCESS', 'TERMINATED', 'BRAND_NEW', 'SUCCESS', 'SUCCEEDED', 'OK', null],
  [
    'unknown code and no result, type success',
    'TERMINATED/',
    'TERMINATED',
    'BRAND_NEW',
    'SUCCESS',
    'SUCCEEDED',
    'OK',
    null,
  ],
  ['unknown code and no result', 'TERMINATED/', 'TERMINATED', 'BRAND_NEW', 'CLIENT_ERROR', 'FAILED', 'KO', 'user_code'],
  ['unknown code, type and result', 'TERMINATED/', 'TERMINATED', 'BRAND_NEW', 'BRAND_NEW', 'FAILED', 'KO', 'unknown'],
  [
    'unknown status, known life cycle',
    'TERMINATED/SUCCESS',
    'BRAND_NEW',
    undefined,
    undefined,
    'SUCCEEDED',
    'OK',
    null,
  ],
  ['known status, unknown life cycle', 'BRAND_NEW/', 'QUEUED', undefined, undefined, 'QUEUED', '', null],
  ['both unknown', 'BRAND_NEW/', 'BRAND_NEW', undefined, undefined, 'RUNNING', '', null],
  ['nothing at all', '/', undefined, undefined, undefined, 'RUNNING', '', null],
]

function upstream([, legacy, state, code, type]: Row): Upstream {
  const [life_cycle_state, result_state] = legacy.split('/')
  return {
    state: { ...(life_cycle_state ? { life_cycle_state } : {}), ...(result_state ? { result_state } : {}) },
    ...(state === undefined
      ? {}
      : { status: { state, ...(code ? { termination_details: { code, ...(type ? { type } : {}) } } : {}) } }),
  }
}

for (const row of rows) {
  t.test(`outcome: ${row[0]}`, async (t) => {
    const { state, result, cause } = readOutcome(upstream(row), 'ok')
    t.same([state, result, cause], row.slice(5))
  })
}

t.test('a partial success is KO where the job says so', async (t) => {
  const partial = { state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS_WITH_FAILURES' } }
  t.match(readOutcome(partial, 'ko'), { state: 'PARTIAL', result: 'KO', cause: 'user_code' })
})

t.test('unknown words are reported, the known are not', async (t) => {
  t.same(readOutcome({ state: { life_cycle_state: 'NEW_A' }, status: { state: 'NEW_B' } }, 'ok').unknown, [
    'NEW_B',
    'NEW_A',
  ])
  t.same(readOutcome({ state: { life_cycle_state: 'RUNNING' }, status: { state: 'NEW_B' } }, 'ok').unknown, ['NEW_B'])
  t.same(
    readOutcome({ state: { life_cycle_state: 'constructor' } }, 'ok').unknown,
    ['constructor'],
    'no name of JavaScript is a word',
  )
})

t.test('any words at all: a result exactly when done, a cause exactly when KO', async () => {
  const word = fc.option(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        ...rows.flatMap((row) => [...row[1].split('/'), row[2], row[3], row[4]]).filter((w) => w !== undefined),
      ),
    ),
    { nil: undefined },
  )
  fc.assert(
    fc.property(
      word,
      word,
      word,
      word,
      word,
      fc.constantFrom('ok', 'ko'),
      (life, result, state, code, type, partial) => {
        const outcome: Outcome = readOutcome(
          JSON.parse(
            JSON.stringify({
              state: { life_cycle_state: life, result_state: result },
              status: { state, termination_details: { code, type } },
            }),
          ),
          partial,
        )
        return (
          isDone(outcome.state) === (outcome.result !== '') && (outcome.result === 'KO') === (outcome.cause !== null)
        )
      },
    ),
  )
})

t.test('states of one attempt only move forward', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...ACTIVE_STATES), fc.constantFrom(...ACTIVE_STATES), (before, now) => {
      const order: readonly string[] = ACTIVE_STATES
      return order.indexOf(furthest(before, now)) === Math.max(order.indexOf(before), order.indexOf(now))
    }),
  )
})
