import fc from 'fast-check'
import t from 'tap'
import { request } from 'undici'
import { OUTCOME_WORDS } from '../../src/http/plain-words.ts'
import { startInProcess } from '../support/in-process.ts'

const ROUNDS = 50
const CALLS_AT_ONCE = 20

const READ = ['wait', 'outcome', 'pending', 'format', 'include', 'workspace']
const TRIGGER = [...READ.slice(0, 5), 'accepted', 'key', 'rerun', 'rerun_id', 'ref', 'start_within', 'p.day', 'p.n']
const FILTERS = ['job', 'state', 'result', 'client', 'key', 'ref', 'since', 'until', 'limit', 'cursor', 'format']
const MEMBERS = [...TRIGGER, 'parameters', 'job_parameters', 'python_params', 'idempotency_key', 'day', 'n']

/** Each with the options that it knows; `?` stands for any text. */
const OPERATIONS: [method: string, path: string, options: string[]][] = [
  ['POST', '/trigger/good', TRIGGER],
  ['POST', '/trigger/good', TRIGGER],
  ['POST', '/trigger/?', TRIGGER],
  ['GET', '/runs/?', READ],
  ['GET', '/runs/?/await', READ],
  ['GET', '/run', [...READ, 'job', 'key']],
  ['GET', '/await', ['job', 'key', 'wait', 'format']],
  ['GET', '/runs', FILTERS],
  ['GET', '/jobs/?', []],
  ['HEAD', '/jobs/good', []],
  ['GET', '/problems/?', []],
  ['PUT', '/runs/?', []],
  ['DELETE', '/?', []],
]

/** Values that mean something somewhere, and any text. */
const value = fc.oneof(
  fc.constantFrom(
    'http',
    'body',
    'error',
    '200',
    '202',
    'text',
    'result',
    'json',
    'tasks',
    'force',
    '1',
    '0',
    '-1',
    '',
  ),
  fc.constantFrom('good', '2026-11-22', '20261122', '261122', '%%X', 'K', 'null', '[]', '{}', '9'.repeat(30)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => text.isWellFormed()),
)

const operation = fc.constantFrom(...OPERATIONS).chain(([method, path, options]) => {
  const name = options.length === 0 ? value : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...options) }, value)
  return fc.record({
    method: fc.constant(method),
    path: value.map((text) => path.replace('?', encodeURIComponent(text))),
    query: fc.array(fc.tuple(name, value), { maxLength: 3 }).map((pairs) => `?${new URLSearchParams(pairs)}`),
  })
})

/** Latin-1 without control characters: what a header may hold. */
const headerValue = value.map((text) => text.replaceAll(/[^\t -~\u00a0-\u00ff]/g, '~'))
const headers = fc.dictionary(
  fc.constantFrom('idempotency-key', 'prefer', 'accept', 'content-type', 'x-ref', 'x-request-id', 'x-forwarded-host'),
  headerValue,
  { maxKeys: 3 },
)

const body = fc.oneof(
  fc.constant(undefined),
  fc.json(),
  value,
  fc.dictionary(fc.constantFrom(...MEMBERS), fc.oneof(value, fc.jsonValue())).map((o) => JSON.stringify(o)),
  fc.webQueryParameters(),
)

const call = fc.record({ operation, headers, body, known: fc.nat(9).map((n) => n > 0) })

type Sent = typeof call extends fc.Arbitrary<infer T> ? T : never

t.test('whatever is sent is answered, and never by a failure of the gateway', async (t) => {
  const { url } = await startInProcess(t, {
    server: { max_wait_seconds: 0 },
    workspace: { jobs: [{ job_id: '11', name: 'good', tasks: [{ task_key: 'load', duration_ms: 0 }] }] },
    jobs: { good: { job_id: '11', parameters: { day: { type: 'date' }, n: { type: 'integer' } } } },
    clients: { generic: {} },
  })

  async function judge({ operation: { method, path, query }, headers, body, known }: Sent): Promise<void> {
    const answer = await request(url + path + query, {
      method,
      headers: { ...headers, ...(known && { 'x-api-key': 'generic' }) },
      ...(body !== undefined && method === 'POST' && { body }),
    })
    const text = await answer.body.text()
    const type = String(answer.headers['content-type'])
    if (answer.statusCode >= 500) throw new Error(`${answer.statusCode} ${text}`)
    if (answer.statusCode < 400 || method === 'HEAD') return
    if (type.startsWith('text/plain')) {
      if (!/^ERROR [a-z-]+ [^\n]+\n$/.test(text)) throw new Error(`no error line: ${text}`)
      const word = OUTCOME_WORDS.find((word) => text.includes(word))
      if (word) throw new Error(`${word} in ${text}`)
      return
    }
    if (!type.startsWith('application/problem+json')) throw new Error(`${answer.statusCode} as ${type}`)
    const { status, code, detail } = JSON.parse(text)
    if (status !== answer.statusCode || !code || !detail) throw new Error(`no problem: ${text}`)
  }

  const calls = fc.array(call, { minLength: CALLS_AT_ONCE, maxLength: CALLS_AT_ONCE })
  await fc.assert(
    fc.asyncProperty(calls, async (calls) => {
      await Promise.all(calls.map(judge))
    }),
    { numRuns: ROUNDS },
  )
})
