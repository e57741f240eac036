import fc from 'fast-check'
import t from 'tap'
import type { JobConfig } from '../../src/config/schema/jobs.ts'
import { GatewayError } from '../../src/runs/errors.ts'
import { readParameters } from '../../src/runs/parameters.ts'
import { makeRunNowBody } from '../../src/runs/request.ts'

const plain: JobConfig = {
  workspace: 'main',
  job_id: '281874479417551',
  parameters_as: 'job_parameters',
  parameters: {},
  additional_parameters: false,
  partial_success: 'ok',
  submit_deadline_seconds: 60,
  key_ttl_days: 14,
  key: 'optional',
  rerun_min_seconds: 30,
  rerun_allowed: ['replay', 'new', 'repair', 'force'],
  pass_run_id_as: null,
  max_active: null,
  expected_every: null,
  queue: true,
}

const parameter = (rule: Partial<JobConfig['parameters'][string]>) => ({
  type: 'string' as const,
  required: false,
  ...rule,
})

function read(parameters: JobConfig['parameters'], given: Record<string, unknown>, job: Partial<JobConfig> = {}) {
  try {
    return readParameters({ ...plain, ...job, parameters }, given).values
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'invalid-parameters') return error.detail
    throw error
  }
}

const day = { day: parameter({ type: 'date' }) }
const count = { count: parameter({ type: 'integer', minimum: 1, maximum: 9 }) }
const region = { region: parameter({ enum: ['NORTE', 'SUR'], default: 'NORTE' }) }

const table: [what: string, JobConfig['parameters'], Record<string, unknown>, unknown][] = [
  ['nothing declared, nothing given', {}, {}, {}],
  ['a default', region, {}, { region: 'NORTE' }],
  ['a value of the enum', region, { region: 'SUR' }, { region: 'SUR' }],
  ['a date with dashes', day, { day: '2025-12-02' }, { day: '2025-12-02' }],
  ['a date of eight digits', day, { day: '20251202' }, { day: '2025-12-02' }],
  ['a date as a number', day, { day: 20251202 }, { day: '2025-12-02' }],
  ['an integer as text', count, { count: '7' }, { count: 7 }],
  ['a number', { x: parameter({ type: 'number' }) }, { x: '-2.5e1' }, { x: -25 }],
  ['a boolean as text', { x: parameter({ type: 'boolean' }) }, { x: 'false' }, { x: false }],
  ['a number where text is wanted', { x: parameter({}) }, { x: 12 }, { x: '12' }],
  ['not in the enum', region, { region: 'ESTE' }, /region is "ESTE"; allowed are "NORTE", "SUR"/],
  ['an unknown name', region, { regoin: 'SUR' }, /"regoin" is not a parameter of this job; it takes region/],
  ['an unknown name where none is taken', {}, { x: 1 }, /it takes none/],
  ['a missing one', { day: parameter({ type: 'date', required: true }) }, {}, /day is required/],
  ['no date in the calendar', day, { day: '2025-02-30' }, /2025-02-30 is not in the calendar/],
  ['six digits', day, { day: '251202' }, /six digits can be read in several ways.*date_input/],
  ['half a date', day, { day: '2025-12' }, /it takes a date such as 2025-12-02/],
  ['mixed dashes', day, { day: '2025-1202' }, /it takes a date such as/],
  ['too small', count, { count: 0 }, /count is 0; at least 1/],
  ['too great', count, { count: '10' }, /count is 10; at most 9/],
  ['half an integer', count, { count: 1.5 }, /count is 1.5; it takes a whole number/],
  ['an integer that a double cannot hold', count, { count: '9007199254740993' }, /within ±\(2\^53/],
  ['an empty integer', count, { count: '' }, /count is ""; it takes a whole number/],
  ['an object', { x: parameter({}) }, { x: {} }, /x is \{\}; it takes text/],
  ['null', { x: parameter({}) }, { x: null }, /x is null; it takes text/],
  ['too long', { x: parameter({ max_length: 2 }) }, { x: 'abc' }, /x is longer than 2 characters/],
  ['no match', { x: parameter({ pattern: '[a-z]+' }) }, { x: 'ab1' }, /x is "ab1"; it must match \[a-z\]\+/],
  [
    'as long as a pattern is tried on',
    { x: parameter({ pattern: 'a+' }) },
    { x: 'a'.repeat(255) },
    { x: 'a'.repeat(255) },
  ],
  ['longer than that', { x: parameter({ pattern: 'a+' }) }, { x: 'a'.repeat(256) }, /x is longer than 255 characters/],
  [
    'longer, as its own limit has it',
    { x: parameter({ pattern: 'a+', max_length: 300 }) },
    { x: 'a'.repeat(300) },
    { x: 'a'.repeat(300) },
  ],
  ['text without a pattern', { x: parameter({}) }, { x: 'a'.repeat(5_000) }, { x: 'a'.repeat(5_000) }],
  [
    'every problem at once',
    { ...day, ...count },
    { day: 'x', count: 'y', z: 1 },
    /count is "y".*day is "x".*"z" is not a parameter/,
  ],
]

for (const [what, rules, given, expected] of table) {
  t.test(`parameters: ${what}`, async (t) => {
    const values = read(rules, given)
    if (expected instanceof RegExp) t.match(values, expected)
    else t.same(values, expected)
  })
}

t.test('of very many problems only some are told', async (t) => {
  const given = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`n${index}`, 1]))
  const detail = read(day, given)
  t.match(detail, /^"n0" is not a parameter of this job; it takes day; .*; and perhaps more\.$/)
  t.ok(String(detail).length < 1_000)
})

t.test('what was sent is kept apart from the defaults', async (t) => {
  t.same(readParameters({ ...plain, parameters: region }, {}), { sent: {}, values: { region: 'NORTE' } })
})

t.test('additional parameters are passed through as text, but not where they go by position', async (t) => {
  t.same(read({}, { a: 1, b: true, c: 'x' }, { additional_parameters: true }), { a: '1', b: 'true', c: 'x' })
  t.match(read({}, { a: 1 }, { additional_parameters: true, parameters_as: 'python_params' }), /not a parameter/)
  t.match(read({}, JSON.parse('{"__proto__": "x"}'), { additional_parameters: true }), /no parameter name/)
})

t.test('any input at all is taken or refused in words', async (t) => {
  const rules = {
    ...day,
    ...count,
    ...region,
    text: parameter({ pattern: '\\w*' }),
    flag: parameter({ type: 'boolean' }),
    x: parameter({ type: 'number' }),
  }
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(rules)), fc.string()), fc.anything()),
      (given) => {
        const values = read(rules, given)
        return typeof values === 'string'
          ? values.length > 0
          : Object.values(values).every((value) => typeof value !== 'object')
      },
    ),
  )
  t.pass()
})

const parts = { databricksJobId: '9007199254740993', token: 'tok', runId: '01J' }

t.test('the body of run-now, for each kind', async (t) => {
  const body = (job: Partial<JobConfig>, values: Record<string, string | number | boolean>) =>
    makeRunNowBody({ ...plain, ...job }, values, parts)
  t.equal(
    body({}, {}),
    '{"job_id":9007199254740993,"idempotency_token":"tok","queue":{"enabled":true}}',
    'ids as digits',
  )
  t.match(body({}, { day: '2025-12-02', n: 3 }), '"job_parameters":{"day":"2025-12-02","n":"3"}')
  t.match(
    body({ parameters_as: 'notebook_params', pass_run_id_as: 'gw_run' }, { a: true }),
    '"notebook_params":{"a":"true","gw_run":"01J"}',
  )
  const list = { parameters_as: 'python_params', parameters: { b: parameter({}), a: parameter({}) } } as const
  t.match(body(list, { a: '2', b: '1' }), '"python_params":["1","2"]', 'in declared order')
  t.match(body(list, { b: '1' }), '"python_params":["1"]')
  t.throws(() => body(list, { a: '2' }), /b is missing: this job takes its parameters by position/)
  t.match(
    body({ parameters_as: 'pipeline_params', queue: false }, { full_refresh: true, refresh_selection: 'a, b' }),
    '"pipeline_params":{"full_refresh":true,"refresh_selection":["a","b"]},"queue":{"enabled":false}',
  )
  t.throws(() => body({}, { a: 'x'.repeat(10_000) }), /Databricks takes 10000/)
  t.throws(() => body(list, { b: 'ñ' }), /only ASCII characters in python_params/)
})
