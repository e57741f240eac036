import t from 'tap'
import { answerError, decodeError, readRetryAfter } from '../../src/databricks/decode-error.ts'
import type { ErrorFacts } from '../../src/databricks/errors.ts'

const now = Date.parse('2026-11-22T20:00:00Z')

function decode(status: number, body: unknown, headers: Record<string, string> = {}, secrets: string[] = []) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return decodeError({ status, headers, text }, now, secrets)
}

function coded(error_code: string | number, message = 'Something is wrong.') {
  return { error_code, message }
}

t.test('every body shape gives its code and message', async (t) => {
  const cases: [string, number, unknown, string | undefined, string][] = [
    ['2.x', 400, coded('INVALID_STATE', 'No.'), 'INVALID_STATE', 'No.'],
    ['numeric code', 403, coded(403, 'No.'), '403', 'No.'],
    ['1.2', 400, { error: 'No.' }, undefined, 'No.'],
    ['SCIM', 404, { detail: 'No.', status: '404', scimType: 'x' }, undefined, 'No.'],
    ['OAuth', 401, { error: 'invalid_client', error_description: 'No.' }, 'invalid_client', 'No.'],
    ['OAuth without text', 401, { error: 'invalid_client' }, 'invalid_client', 'invalid_client'],
    ['OAuth, other spelling', 401, { errorCode: 'E1', errorSummary: 'No.' }, 'E1', 'No.'],
    ['text with code', 400, 'INVALID_STATE: No.\nNever.', 'INVALID_STATE', 'No. Never.'],
    ['text', 500, 'It broke.', undefined, 'It broke.'],
    ['page with pre', 503, '<html><title>Error 503</title><pre>Try\nlater</pre></html>', undefined, 'Try later'],
    ['page with title', 404, '<!DOCTYPE html><title>Not <b>here</b></title>', undefined, 'Not here'],
    ['page without either', 502, '<html></html>', undefined, 'Bad Gateway'],
    ['empty', 504, '', undefined, 'Gateway Timeout'],
    ['empty object', 500, {}, undefined, 'Internal Server Error'],
    ['half an object', 500, '{"message": "N', undefined, '{"message": "N'],
    ['a list', 500, '[1]', undefined, '[1]'],
  ]
  for (const [name, status, body, errorCode, message] of cases) {
    t.match(decode(status, body), { status, errorCode, message, sent: true }, name)
  }
})

t.test('what it means', async (t) => {
  type Meaning = [ErrorFacts['kind'], ErrorFacts['reason'], boolean]
  const refused: Meaning = ['refused', 'status', false]
  const missing: Meaning = ['missing', 'status', false]
  const denied: Meaning = ['denied', 'status', false]
  const credential: Meaning = ['credential', 'credential', false]
  const throttled: Meaning = ['throttled', 'throttled', true]
  const full: Meaning = ['throttled', 'capacity', false]
  const passing: Meaning = ['unavailable', 'transient', true]
  const down: Meaning = ['unavailable', 'status', true]
  const unclear: Meaning = ['unavailable', 'status', false]
  const permission = 'User "spn" does not have Manage Run or Owner or Admin permissions on job 5'
  const cases: [string, number, unknown, Meaning][] = [
    ['invalid parameter', 400, coded('INVALID_PARAMETER_VALUE'), refused],
    ['malformed', 400, coded('MALFORMED_REQUEST'), refused],
    ['quota', 400, coded('QUOTA_EXCEEDED'), refused],
    ['unknown path', 404, coded('ENDPOINT_NOT_FOUND'), refused],
    ['token of a deleted run', 400, coded('INVALID_PARAMETER_VALUE', 'The idempotency token is invalid'), refused],
    ['an Entra token that has ended', 403, coded(403, 'JWT has expired'), credential],
    ['the same, under 400', 400, coded('400', 'io.jsonwebtoken.ExpiredJwtException: JWT expired at 2026'), credential],
    [
      'an Entra token of another tenant, as a page',
      400,
      '<html><title>Error 400</title><pre>io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: x</pre>',
      credential,
    ],
    ['job gone', 400, coded('INVALID_PARAMETER_VALUE', 'Job 1234 does not exist.'), missing],
    ['run gone', 400, coded('INVALID_PARAMETER_VALUE', 'Run 5 does not exist.'), missing],
    ['run gone, other words', 400, coded('INVALID_PARAMETER_VALUE', "Run: 5 in job: 6 doesn't exist"), missing],
    ['gone by code', 404, coded('RESOURCE_DOES_NOT_EXIST'), missing],
    ['a cluster gone is not the job', 400, coded('INVALID_PARAMETER_VALUE', 'Cluster x does not exist'), refused],
    ['no permission', 403, coded('PERMISSION_DENIED', permission), denied],
    ['403 by number', 403, coded(403, permission), denied],
    ['invalid token', 403, coded('PERMISSION_DENIED', 'Invalid access token.'), credential],
    ['expired token', 403, coded(403, 'The token is expired'), credential],
    ['invalid token on a page', 403, '<title>Error 403 Invalid access token.</title>', credential],
    [
      'address',
      403,
      coded('PERMISSION_DENIED', 'Source IP address: 1.2.3.4 is blocked by Databricks IP ACL'),
      credential,
    ],
    ['401', 401, '', credential],
    ['unauthenticated under 400', 400, coded('UNAUTHENTICATED'), credential],
    ['429', 429, '', throttled],
    ['throttled under 400', 400, coded('REQUEST_LIMIT_EXCEEDED'), throttled],
    ['throttled under 500', 500, coded('REQUEST_LIMIT_EXCEEDED'), throttled],
    ['throttled, whatever else it says', 429, coded('REQUEST_LIMIT_EXCEEDED', 'Too many active runs'), throttled],
    ['throttled, in words', 429, coded('RESOURCE_EXHAUSTED', 'RPC token bucket limit has been exceeded.'), throttled],
    [
      'throttled by the number of requests',
      429,
      { message: 'Too many concurrent requests for jobs/run-now' },
      throttled,
    ],
    ['full by code', 429, coded('RESOURCE_EXHAUSTED'), full],
    ['full under 500', 500, coded('RESOURCE_EXHAUSTED'), full],
    ['full, in words', 429, { message: 'The workspace has 2000 concurrent task runs already' }, full],
    ['full, in other words', 429, coded('RESOURCE_LIMIT_EXCEEDED', 'Too many runs active at the moment'), full],
    ['throttled in the text only', 500, 'REQUEST_LIMIT_EXCEEDED here', passing],
    ['no worker', 400, coded('INVALID_STATE', 'There is no worker environment with id 5'), passing],
    ['timed out inside', 500, coded('INTERNAL_ERROR', 'Timed out after 10 s'), passing],
    ['502', 502, '', down],
    ['503', 503, coded('TEMPORARILY_UNAVAILABLE'), down],
    ['504', 504, coded('DEADLINE_EXCEEDED'), down],
    ['500', 500, coded('INTERNAL_ERROR'), unclear],
    ['501', 501, '', unclear],
    ['408', 408, coded('X'), unclear],
    ['409', 409, coded('RESOURCE_CONFLICT'), unclear],
    ['499', 499, coded('CANCELLED'), unclear],
    ['400 without a code', 400, { message: 'No.' }, unclear],
    ['400 of an OAuth server', 400, { error: 'invalid_request' }, unclear],
    ['400 as text', 400, 'INVALID_PARAMETER_VALUE: No.', unclear],
    ['403 of something on the way', 403, '<title>Blocked</title>', unclear],
    ['404 as a page', 404, '<title>Not found</title>', unclear],
    ['404, empty', 404, '', unclear],
    ['unavailable under 400', 400, coded('TEMPORARILY_UNAVAILABLE'), unclear],
    ['internal under 400', 400, coded('INTERNAL_ERROR'), unclear],
    ['redirect', 302, '', ['unavailable', 'redirect', false]],
  ]
  for (const [name, status, body, [kind, reason, transient]] of cases) {
    t.match(decode(status, body), { kind, reason, transient }, name)
  }
})

t.test('when to come again', async (t) => {
  const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retry_delay: '42.5s' }
  const cases: [string, string | undefined, number | undefined][] = [
    ['none', undefined, undefined],
    ['seconds', '7', 7000],
    ['date', 'Sun, 22 Nov 2026 20:00:30 GMT', 30_000],
    ['past date', 'Sun, 22 Nov 2026 19:00:00 GMT', 0],
    ['nonsense', 'soon', undefined],
  ]
  for (const [name, header, ms] of cases) {
    t.equal(readRetryAfter(header, now), ms, name)
  }
  const body = { ...coded('REQUEST_LIMIT_EXCEEDED'), details: [retryInfo] }
  t.equal(decode(429, body).retryAfterMs, 42_500, 'by RetryInfo')
  t.equal(decode(429, body, { 'retry-after': '60' }).retryAfterMs, 60_000, 'the larger of both')
  const theirs = { date: 'Sun, 22 Nov 2026 20:05:00 GMT', 'retry-after': 'Sun, 22 Nov 2026 20:05:30 GMT' }
  t.equal(decode(429, {}, theirs).retryAfterMs, 30_000, 'by their clock, which is five minutes ahead of ours')
})

t.test('the request id is told by header or details', async (t) => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RequestInfo', request_id: 'r-1' }]
  t.equal(decode(400, { ...coded('X'), details }).requestId, 'r-1')
  t.equal(decode(500, '', { 'x-request-id': 'r-2' }).requestId, 'r-2')
})

t.test('a message is one short line without markup and secrets', async (t) => {
  const { message } = decode(500, `\u001b[31mfirst\u001b[0m\r\n<b>second</b> dapi123 ${'x'.repeat(600)}`, {}, [
    'dapi123',
  ])
  t.match(message, /^first second \[redacted\] x+…$/)
  t.equal(message.length, 500)
})

t.test('a secret goes out of a text however it is spelled there', async (t) => {
  const secret = 'a "b"/c+d&e'
  const { message } = decode(500, `${secret} a \\"b\\"/c+d&e a%20%22b%22%2Fc%2Bd%26e a+%22b%22%2Fc%2Bd%26e`, {}, [
    secret,
  ])
  t.equal(message, '[redacted] [redacted] [redacted] [redacted]')
  const login = decode(302, '', { location: 'https://login.example.com/a%20%22b%22%2Fc%2Bd%26e/x' }, [secret])
  t.match(login.message, /https:\/\/login\.example\.com\/\[redacted\]\/x/)
})

t.test('a redirect says where to, without its query, and knows Private Link', async (t) => {
  const login = decode(302, '', { location: 'https://login.example.com/auth?state=secret' })
  t.match(login.message, /https:\/\/login\.example\.com\/auth /)
  t.notMatch(login.message, /secret/)
  t.match(decode(303, '', { location: '/login.html?error=private-link-validation-error:1' }).message, /Private Link/)
})

t.test('a 2xx without what was asked for', async (t) => {
  const page = answerError(
    { status: 200, headers: {}, text: '\n<!doctype html><title>Sign in</title>' },
    'https://host',
  )
  t.match(page, {
    kind: 'unavailable',
    reason: 'web_page',
    message: /https:\/\/host answered a web page \("Sign in"\).*wrong/,
  })
  const other = answerError({ status: 200, headers: {}, text: '{}' }, 'https://host')
  t.match(other, { kind: 'unavailable', reason: 'answer', transient: false, sent: true, status: 200 })
})
