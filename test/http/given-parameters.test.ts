import t from 'tap'
import { collectParameters } from '../../src/http/given-parameters.ts'
import { describeParameters } from '../../src/http/parameter-schema.ts'
import { makeJob } from '../support/make-job.ts'

const string = { type: 'string', required: false } as const

t.test('parameters of the body, of its Databricks name and of the query come together', async (t) => {
  const job = makeJob({ parameters_as: 'notebook_params' })
  const body = { parameters: { a: 1, same: 5 }, notebook_params: { b: 'x' } }
  t.strictSame(collectParameters(job, { 'p.c': 'y', 'p.same': '5', wait: 3 }, body), { a: 1, same: 5, b: 'x', c: 'y' })
  t.strictSame(collectParameters(job, {}, {}), {})
})

t.test('a name with two values is refused', async (t) => {
  const refuses = (query: object, body: object) =>
    t.throws(() => collectParameters(makeJob(), query, body), { code: 'invalid-request', detail: /^a is given twice/ })
  refuses({ 'p.a': '1' }, { parameters: { a: '2' } })
  refuses({}, { parameters: { a: '1' }, job_parameters: { a: '2' } })
})

t.test("another kind's name is refused", async (t) => {
  t.throws(() => collectParameters(makeJob(), {}, { notebook_params: { a: '1' } }), {
    code: 'invalid-request',
    detail: 'This job takes no notebook_params; send its parameters as parameters or job_parameters.',
  })
})

t.test('values of a list are named by position', async (t) => {
  const job = makeJob({ parameters_as: 'python_params', parameters: { day: string, region: string } })
  t.strictSame(collectParameters(job, {}, { python_params: ['2026-11-22', 'SUR'] }), {
    day: '2026-11-22',
    region: 'SUR',
  })
  t.strictSame(collectParameters(job, {}, { parameters: { region: 'SUR' }, python_params: ['x'] }), {
    region: 'SUR',
    day: 'x',
  })
  t.throws(() => collectParameters(job, {}, { python_params: ['a', 'b', 'c'] }), { code: 'invalid-parameters' })
})

t.test('tables of a pipeline may be a list', async (t) => {
  const job = makeJob({ parameters_as: 'pipeline_params' })
  t.strictSame(collectParameters(job, {}, { pipeline_params: { full_refresh: true, refresh_selection: ['a', 'b'] } }), {
    full_refresh: true,
    refresh_selection: 'a,b',
  })
})

t.test('names that JavaScript knows are names like others', async (t) => {
  const collected = collectParameters(
    makeJob(),
    { 'p.constructor': '1' },
    { parameters: JSON.parse('{"__proto__":"2"}') },
  )
  t.strictSame(Object.entries(collected), [
    ['__proto__', '2'],
    ['constructor', '1'],
  ])
})

t.test('what a job takes, as JSON Schema', async (t) => {
  const described = describeParameters({
    additional_parameters: false,
    parameters: {
      day: { type: 'date', required: true, description: 'Business day.' },
      region: { type: 'string', required: false, enum: ['NORTE', 'SUR'], default: 'NORTE' },
      code: { type: 'string', required: false, pattern: 'A|B', max_length: 10 },
      rows: { type: 'integer', required: false, minimum: 1, maximum: 9 },
    },
  })
  t.strictSame(described, {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      day: { type: 'string', format: 'date', description: 'Business day.' },
      region: { type: 'string', enum: ['NORTE', 'SUR'], default: 'NORTE' },
      code: { type: 'string', pattern: '^(?:A|B)$', maxLength: 10 },
      rows: { type: 'integer', minimum: 1, maximum: 9 },
    },
    required: ['day'],
    additionalProperties: false,
  })
  t.match(describeParameters({ additional_parameters: true, parameters: {} }), {
    additionalProperties: { type: 'string' },
  })
})
