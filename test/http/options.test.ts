import t from 'tap'
import { builtInProfiles } from '../../src/config/profiles.ts'
import type { Profile } from '../../src/config/schema/profiles.ts'
import {
  type OptionHeaders,
  readAwaitOptions,
  readReadOptions,
  readTriggerOptions,
  type TriggerOptions,
} from '../../src/http/options.ts'
import type { TriggerBody, TriggerQuery } from '../../src/http/schemas/options.ts'
import { makeJob } from '../support/make-job.ts'

const NO_HEADERS: OptionHeaders = { prefer: undefined, accept: undefined, ref: undefined, keys: [] }

interface Case {
  profile?: keyof typeof builtInProfiles
  dialect?: Partial<Profile>
  job?: Parameters<typeof makeJob>[0]
  query?: TriggerQuery
  body?: TriggerBody
  headers?: Partial<OptionHeaders>
  max?: number
  mayReadOutput?: boolean
}

function starting({ profile = 'generic', dialect, max = 45, mayReadOutput = false }: Case) {
  return { dialect: { ...builtInProfiles[profile], ...dialect }, maxWaitSeconds: max, mayReadOutput }
}

function read({ query = {}, body = {}, headers, job, ...rest }: Case): TriggerOptions {
  return readTriggerOptions(query, body, { ...NO_HEADERS, ...headers }, { ...starting(rest), job: makeJob(job) })
}

t.test('profiles set what the request leaves out', async (t) => {
  const key = { query: { key: 'K' } }
  t.match(read({ profile: 'generic' }), { waitMs: 0, outcome: 'body', accepted: 202, rerun: 'replay', key: undefined })
  t.match(read({ ...key, profile: 'control-m' }), { waitMs: 45_000, outcome: 'http', pending: 'error', rerun: 'new' })
  t.match(read({ ...key, profile: 'control-m-plugin' }), { waitMs: 0, outcome: 'body', accepted: 200, rerun: 'new' })
  t.match(read({ ...key, profile: 'azure' }), { waitMs: 0, outcome: 'http', pending: 202, rerun: 'new' })
  t.match(read({ ...key, profile: 'one-call' }), { waitMs: 45_000, outcome: 'http', pending: 'error', rerun: 'new' })
})

t.test("the request's option beats the profile's", async (t) => {
  const query = { key: 'K', wait: 3, outcome: 'body', rerun: 'force', format: 'result' } as const
  t.match(read({ profile: 'control-m', query }), { waitMs: 3_000, outcome: 'body', rerun: 'force', format: 'result' })
})

t.test('options may stand in the body', async (t) => {
  const body = { idempotency_key: 'K', wait: 7, ref: 'A', start_within: 600, include: 'tasks,attempts' }
  t.match(read({ body }), {
    key: 'K',
    waitMs: 7_000,
    ref: 'A',
    start_within_ms: 600_000,
    include: { tasks: true, attempts: true, output: 'no' },
  })
})

t.test('output takes a permission of its own, checked before anything is started', async (t) => {
  const query = { include: 'output' }
  t.match(read({ query, mayReadOutput: true }), { include: { output: 'always' } })
  t.throws(() => read({ query }), { code: 'forbidden' })
  const key = { profile: 'control-m', query: { key: 'K' } } as const
  t.match(read({ ...key, mayReadOutput: true }), { include: { output: 'when-bad' } })
  t.match(read(key), { include: { output: 'no' } }, 'a profile asks for no more than the client may have')
})

t.test('query and body must agree', async (t) => {
  t.match(read({ query: { wait: 3 }, body: { wait: 3 } }), { waitMs: 3_000 })
  t.throws(() => read({ query: { wait: 3 }, body: { wait: 4 } }), {
    code: 'invalid-request',
    detail: 'wait is given twice, as 3 in the query and 4 in the body. Send one.',
  })
})

t.test('headers come after query and body', async (t) => {
  t.match(read({ headers: { prefer: 'respond-async, wait=9' } }), { waitMs: 9_000, waitGranted: 9 })
  t.match(read({ query: { wait: 2 }, headers: { prefer: 'wait=9' } }), { waitMs: 2_000 })
  t.match(read({ headers: { accept: 'text/plain' } }), { format: 'text' })
  t.match(read({ query: { format: 'json' }, headers: { accept: 'text/plain' } }), { format: 'json' })
  t.match(read({ headers: { ref: 'H' } }), { ref: 'H' })
  t.match(read({ query: { ref: 'Q' }, headers: { ref: 'H' } }), { ref: 'Q' })
})

t.test('a wait is capped, and what was granted is said when it was asked for', async (t) => {
  t.match(read({ query: { wait: 600 } }), { waitMs: 45_000, waitGranted: 45 })
  t.match(read({ query: { wait: 600 }, max: 900 }), { waitMs: 600_000, waitGranted: 600 })
  const fromProfile = read({ profile: 'one-call', query: { key: 'K' }, max: 10 })
  t.equal(fromProfile.waitMs, 10_000)
  t.equal(fromProfile.waitGranted, undefined)
})

t.test('accepted=200 does not go with outcome=http or a wait', async (t) => {
  t.match(read({ query: { accepted: 200 } }), { accepted: 200 })
  const refuses = (given: Case, detail: RegExp) =>
    t.throws(() => read({ ...given, query: { key: 'K', ...given.query, accepted: 200 } }), {
      code: 'invalid-request',
      detail,
    })
  refuses({ query: { outcome: 'http' } }, /does not go with outcome=http/)
  refuses({ profile: 'control-m' }, /Send outcome=body and wait=0 with it/)
  refuses({ query: { wait: 5 } }, /does not go with wait=5/)
  t.match(read({ profile: 'control-m', query: { key: 'K', accepted: 200, outcome: 'body', wait: 0 } }), {
    accepted: 200,
  })
})

t.test("a profile's accepted=200 gives way to what the request asks", async (t) => {
  const profile = 'control-m-plugin'
  t.match(read({ profile, query: { key: 'K', outcome: 'http' } }), { accepted: 202, outcome: 'http' })
  t.match(read({ profile, query: { key: 'K', wait: 5 } }), { accepted: 202 })
})

t.test('pending=error needs outcome=http, so that some status tells the outcome', async (t) => {
  t.throws(() => read({ query: { pending: 'error', key: 'K' } }), { code: 'invalid-request' })
  t.match(read({ query: { pending: 'error', outcome: 'http', key: 'K' } }), { pending: 'error' })
  t.match(read({ profile: 'control-m', query: { pending: '202', key: 'K' } }), { pending: 202 })
})

t.test('who requires a key is told, and what a good one is', async (t) => {
  const requires = (given: Case, who: string) =>
    t.throws(() => read(given), {
      code: 'key-required',
      detail: new RegExp(`required by ${who}.*such as LOAD_SALES-20261122-0a1b2`),
    })
  requires({ profile: 'azure' }, 'this client')
  requires({ job: { key: 'required' } }, 'this job')
  requires({ query: { outcome: 'http', pending: 'error' } }, 'pending=error')
  requires({ dialect: { pending: 'error' } }, 'pending=error')
})

t.test('one key, wherever it stands', async (t) => {
  t.equal(read({ headers: { keys: ['K'] } }).key, 'K')
  t.equal(read({ headers: { keys: ['"K \\"1\\" \\\\"'] } }).key, 'K "1" \\')
  t.equal(
    read({ query: { key: 'K' }, body: { key: 'K', idempotency_key: 'K' }, headers: { keys: ['"K"', 'K'] } }).key,
    'K',
  )
})

t.test('a key that cannot be meant is refused', async (t) => {
  const refuses = (given: Case, detail: RegExp) => t.throws(() => read(given), { code: 'invalid-request', detail })
  refuses({ query: { key: 'A' }, headers: { keys: ['B'] } }, /two different idempotency keys, "A" and "B"/)
  refuses({ headers: { keys: ['A', 'B'] } }, /two different/)
  refuses({ query: { key: '' } }, /is empty/)
  refuses({ body: { idempotency_key: ' ' } }, /is empty/)
  refuses({ headers: { keys: ['""'] } }, /is empty/)
  refuses({ headers: { keys: ['"A'] } }, /no quoted string/)
  refuses({ headers: { keys: ['A'.repeat(256)] } }, /longer than 255/)
  refuses({ query: { key: 'A\nB' } }, /control characters/)
  for (const key of ['%%JOBNAME', `A-$${'{DAY}'}`, '{{ run_id }}', '@{item()}']) {
    refuses({ query: { key } }, /a variable that nobody filled in/)
  }
})

t.test('a rerun_id that nobody filled in is refused: every press would be the same one', async (t) => {
  t.equal(read({ query: { rerun_id: '2' } }).rerun_id, '2')
  t.throws(() => read({ query: { rerun_id: '%%RUNCOUNT' } }), { code: 'invalid-request' })
})

t.test('a job may limit reruns: what a request asks is refused, what a client starts from gives way', async (t) => {
  const job = { rerun_allowed: ['replay', 'repair'] } as const
  t.throws(() => read({ job: { rerun_allowed: [...job.rerun_allowed] }, query: { rerun: 'new' } }), {
    code: 'rerun-not-allowed',
    detail: 'This job takes rerun=replay, repair; not new.',
  })
  t.equal(read({ job: { rerun_allowed: ['replay'] }, profile: 'azure', query: { key: 'K' } }).rerun, 'replay')
  t.equal(read({ job: { rerun_allowed: ['repair'] }, query: { rerun: 'repair' } }).rerun, 'repair')
})

t.test('ref is one line of at most 255 characters; an empty one is none', async (t) => {
  t.equal(read({ query: { ref: '' } }).ref, undefined)
  t.equal(read({ headers: { ref: 'É'.repeat(255) } }).ref, 'É'.repeat(255))
  t.throws(() => read({ headers: { ref: 'A'.repeat(256) } }), { code: 'invalid-request' })
  t.throws(() => read({ query: { ref: 'A\nB' } }), { code: 'invalid-request' })
})

t.test('a plain read is 200 and at once, whatever the profile, unless its request asks', async (t) => {
  const context = starting({ profile: 'control-m' })
  t.match(readReadOptions({}, NO_HEADERS, context), { outcome: 'body', waitMs: 0 })
  t.match(readReadOptions({ outcome: 'http', wait: 5 }, NO_HEADERS, context), {
    outcome: 'http',
    pending: 'error',
    waitMs: 5_000,
  })
  t.throws(() => readReadOptions({ pending: 'error' }, NO_HEADERS, context), { code: 'invalid-request' })
})

t.test('an await always tells the outcome by its status, and 202 while active', async (t) => {
  const options = readAwaitOptions({}, NO_HEADERS, starting({ profile: 'control-m' }))
  t.match(options, { outcome: 'http', pending: 202, waitMs: 45_000 })
  t.match(readAwaitOptions({ wait: 0 }, NO_HEADERS, starting({ profile: 'one-call' })), { waitMs: 0 })
  t.match(readAwaitOptions({}, NO_HEADERS, starting({})), { outcome: 'http', waitMs: 0 })
})
