import t from 'tap'
import { OUTCOME_WORDS } from '../../src/http/plain-words.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/runs/errors.ts'
import { startInProcess } from '../support/in-process.ts'
import { createJumpingClock } from '../support/jumping-clock.ts'

const RUN_NOW = '/api/2.2/jobs/run-now'
const shared = { pending_ms: 0, cleanup_ms: 0 }
const load = { task_key: 'load', duration_ms: 20 }

/** Callers, jobs and Databricks use the words of the text forms wherever they can. */
const clock = createJumpingClock(Date.UTC(2026, 10, 22))
const { call, simulator } = await startInProcess(t, {
  clock,
  server: { contact: 'SUCCEEDED@example.com', trigger_timeout_seconds: 1 },
  workspace: {
    jobs: [
      { ...shared, job_id: '11', name: 'good', tasks: [load] },
      { ...shared, job_id: '12', name: 'bad', tasks: [{ ...load, outcome: 'failed', error: 'OK: all SUCCEEDED' }] },
      { ...shared, job_id: '13', name: 'denied', tasks: [load], can_run: false },
    ],
  },
  jobs: {
    OK: { job_id: '11', parameters: { KO: { type: 'integer' } }, rerun_allowed: ['replay', 'repair'] },
    FAILED: { job_id: '12', rerun_min_seconds: 0 },
    denied: { job_id: '13' },
    missing: { job_id: '99' },
  },
  // Where nobody answers.
  issuers: { SUCCEEDED: { issuer: 'http://127.0.0.1:1', audience: ['OK'] } },
  clients: {
    OK: { permissions: ['trigger', 'read', 'output', 'cancel', 'repair'] },
    ACTIVE: { permissions: ['read'], jobs: ['OK'] },
    CANCELED: { profile: 'one-call' },
  },
})

type Provoke = [code: ErrorCode, method: string, path: string, more?: More]

interface More {
  client?: string
  body?: string
  headers?: Record<string, string>
}

const run = async (job: string, key: string): Promise<string> =>
  (await call('OK', 'POST', `/trigger/${job}?key=${key}&wait=30`)).body.id

t.test('no error text holds a word that a run is told by', async (t) => {
  const [good, bad] = [await run('OK', 'SUCCEEDED'), await run('FAILED', 'FAILED')]
  const provoked = new Set<ErrorCode>()
  const provoke = async ([code, method, path, { client = 'OK', ...sent } = {}]: Provoke) => {
    const url = `${path}${path.includes('?') ? '&' : '?'}format=text`
    const { status, text } = await call(client, method, url, sent)
    provoked.add(code)
    t.ok(status >= 400 && text.startsWith(`ERROR ${code} `), `${method} ${url}: ${status} ${text}`)
    t.match(text, /^[^\n]+\n$/, `${code}: one line`)
    t.notOk(
      OUTCOME_WORDS.find((word) => text.includes(word)),
      `${code}: ${text}`,
    )
  }

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'RS256' })}.${part({ iss: 'http://127.0.0.1:1' })}.x`
  const plain: Provoke[] = [
    ['invalid-request', 'POST', '/trigger/OK?rerun=SUCCEEDED'],
    ['invalid-request', 'POST', '/trigger/OK?wait=OK'],
    ['invalid-request', 'POST', '/trigger/OK', { body: '{"OK":"SUCCEEDED"}' }],
    ['invalid-request', 'POST', '/trigger/OK', { body: 'SUCCEEDED' }],
    ['invalid-request', 'POST', '/trigger/OK?key=%25%25SUCCEEDED'],
    ['invalid-request', 'POST', '/trigger/OK?key=OK', { body: '{"key":"KO"}' }],
    ['invalid-request', 'POST', '/trigger/OK?accepted=200&wait=5'],
    ['invalid-request', 'GET', '/runs?state=UNSUCCESSFUL'],
    ['invalid-request', 'GET', '/runs?result=MAYBE'],
    ['invalid-request', 'GET', '/runs?since=ACTIVE'],
    ['invalid-request', 'GET', `/runs/${good}/output?task=SUCCEEDED`],
    ['key-required', 'POST', '/trigger/OK', { client: 'CANCELED' }],
    ['unauthenticated', 'GET', '/runs/OK', { client: 'SUCCEEDED' }],
    ['issuer-unavailable', 'GET', '/runs/OK', { headers: { 'x-api-key': '', authorization: `Bearer ${token}` } }],
    ['forbidden', 'POST', '/trigger/OK', { client: 'ACTIVE' }],
    ['unknown-job', 'POST', '/trigger/SUCCEEDED'],
    ['unknown-run', 'GET', '/runs/SUCCEEDED'],
    ['unknown-run', 'GET', '/run?job=OK&key=KO'],
    ['not-found', 'GET', '/SUCCEEDED'],
    ['not-found', 'GET', '/problems/SUCCEEDED'],
    ['method-not-allowed', 'PUT', '/trigger/OK'],
    ['too-large', 'POST', '/trigger/OK', { body: 'OK '.repeat(100_000) }],
    ['invalid-parameters', 'POST', '/trigger/OK?p.KO=SUCCEEDED'],
    ['invalid-parameters', 'POST', '/trigger/OK?p.OK=1'],
    ['key-reused', 'POST', '/trigger/OK?key=SUCCEEDED&p.KO=1'],
    ['rerun-not-allowed', 'POST', '/trigger/OK?key=SUCCEEDED&rerun=force'],
    ['run-not-repairable', 'POST', `/runs/${good}/repair`],
    ['databricks-denied', 'POST', '/trigger/denied'],
    ['databricks-job-missing', 'POST', '/trigger/missing'],
  ]
  for (const each of plain) await provoke(each)

  const body = { error_code: 'SUCCEEDED', message: 'TOKEN of OK is FAILED' }
  simulator.addFault({ path: RUN_NOW, status: 400, body })
  await provoke(['databricks-refused', 'POST', '/trigger/OK'])
  simulator.addFault({ path: '/api/*', times: null, status: 503, body })
  await provoke(['databricks-unavailable', 'POST', '/trigger/FAILED?key=FAILED&rerun=new'])
  simulator.clearFaults()
  clock.jump(91 * 86_400_000)
  while ((await call('OK', 'GET', `/runs/${bad}`)).status !== 410);
  await provoke(['run-purged', 'GET', `/runs/${bad}`])

  /** Outcomes are answered by their own words; the others cannot be provoked from outside. */
  const others = ['run-failed', 'run-canceled', 'run-active', 'rate-limited', 'ledger-unavailable', 'paused']
  t.strictSame(
    ERROR_CODES.filter((code) => !provoked.has(code)).sort(),
    [...others, 'overloaded', 'internal'].sort(),
    'every other code was provoked',
  )
})

t.test('an outcome as text is its one word, and no word is part of another', async (t) => {
  await run('FAILED', 'again')
  for (const [format, word] of [
    ['text', 'FAILED\n'],
    ['result', 'KO\n'],
  ]) {
    const { status, text } = await call('OK', 'GET', `/await?job=FAILED&key=again&format=${format}`)
    t.match({ status, text }, { status: 424, text: word })
  }
  for (const word of OUTCOME_WORDS) t.equal(OUTCOME_WORDS.filter((other) => other.includes(word)).length, 1, word)
})

t.test('the page of every problem, as program and as person, holds none of the words', async (t) => {
  for (const code of ERROR_CODES) {
    for (const accept of ['application/json', 'text/html']) {
      const { status, text } = await call('OK', 'GET', `/problems/${code}`, { headers: { accept } })
      t.equal(status, 200)
      const said = text.replaceAll('SUCCEEDED@example.com', '')
      t.notOk(
        OUTCOME_WORDS.find((word) => said.includes(word)),
        `${code} as ${accept}`,
      )
    }
  }
})
