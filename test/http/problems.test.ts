import fc from 'fast-check'
import t from 'tap'
import { avoidOutcomeWords, OUTCOME_WORDS } from '../../src/http/plain-words.ts'
import { PROBLEMS } from '../../src/http/problems.ts'
import { ERROR_CODES } from '../../src/runs/errors.ts'

t.test('every code has the status of the contract', async (t) => {
  const byStatus = { ...Object.groupBy(ERROR_CODES, (code) => PROBLEMS[code].status) }
  t.strictSame(byStatus, {
    400: ['invalid-request', 'key-required'],
    401: ['unauthenticated'],
    403: ['forbidden'],
    404: ['unknown-job', 'unknown-run', 'not-found'],
    405: ['method-not-allowed'],
    409: ['run-canceled'],
    410: ['run-purged'],
    413: ['too-large'],
    422: ['invalid-parameters', 'key-reused', 'databricks-refused', 'run-not-repairable', 'rerun-not-allowed'],
    424: ['run-failed'],
    425: ['run-active'],
    429: ['rate-limited'],
    500: ['internal'],
    502: ['databricks-denied', 'databricks-job-missing'],
    503: ['databricks-unavailable', 'ledger-unavailable', 'issuer-unavailable', 'paused', 'overloaded'],
  })
})

t.test('every code says why it happens and what to do, in sentences', async (t) => {
  for (const code of ERROR_CODES) {
    const { title, cause, cure } = PROBLEMS[code]
    t.match(title, /^[A-Z][^.]+$/, `title of ${code}`)
    t.match(cause, /^[A-Z].{20,}\.$/, `cause of ${code}`)
    t.match(cure, /^[A-Z].{20,}\.$/, `cure of ${code}`)
  }
})

t.test('429 and 503 always say when to come back', async (t) => {
  for (const code of ERROR_CODES) {
    const { status, retryable, retryAfterSeconds } = PROBLEMS[code]
    if (status !== 429 && status !== 503) continue
    t.ok(retryable, code)
    t.ok((retryAfterSeconds ?? 0) >= 1, code)
  }
})

t.test('no outcome word contains another', async (t) => {
  for (const word of OUTCOME_WORDS) {
    t.strictSame(
      OUTCOME_WORDS.filter((other) => other.includes(word)),
      [word],
    )
  }
})

t.test('no text of the table holds an outcome word', async (t) => {
  for (const code of ERROR_CODES) {
    const { title, cause, cure } = PROBLEMS[code]
    for (const text of [code, title, cause, cure]) t.equal(avoidOutcomeWords(text), text, code)
  }
})

t.test('an error text holds no outcome word, whatever it is made of', async () => {
  const part = fc.oneof(fc.constantFrom(...OUTCOME_WORDS), fc.string(), fc.constantFrom('_', '-', ' ', 'x', 'É'))
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const text = avoidOutcomeWords(parts.join(''))
      return OUTCOME_WORDS.every((word) => !text.includes(word))
    }),
  )
})

t.test('the rest of an error text stays as it is', async (t) => {
  t.equal(
    avoidOutcomeWords('state is "FAILED", TOKEN of X-API-Key, job Nightly-BOOK: RESOURCE_DOES_NOT_EXIST'),
    'state is "failed", token of X-API-Key, job Nightly-book: RESOURCE_DOES_NOT_EXIST',
  )
})
