import { deepEqual, equal } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseWithIds, stringifyWithIds } from '../../src/databricks/json.ts'

const int64 = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)

t.test('an id of any int64 size survives both directions', async () => {
  fc.assert(
    fc.property(int64, int64, (runId, jobId) => {
      const body = stringifyWithIds({ run_id: runId, job_id: jobId })
      equal(body, `{"run_id":${runId},"job_id":${jobId}}`)
      deepEqual(parseWithIds(body), { run_id: runId, job_id: jobId })
    }),
  )
})

t.test('ids are strings wherever they stand, other numbers stay numbers', async (t) => {
  const answer = parseWithIds(`{
    "run_id": 41847992357943, "start_time": 1760000000000, "rate": 0.5,
    "tasks": [{"run_id": 9007199254740993, "attempt_number": 0}],
    "repair_history": [{"id": 734650698524280, "task_run_ids": [1, 9223372036854775807]}]
  }`)
  t.strictSame(answer, {
    run_id: '41847992357943',
    start_time: 1_760_000_000_000,
    rate: 0.5,
    tasks: [{ run_id: '9007199254740993', attempt_number: 0 }],
    repair_history: [{ id: '734650698524280', task_run_ids: ['1', '9223372036854775807'] }],
  })
})

t.test('what else stands in an answer makes no difference', async () => {
  const name = fc.oneof(fc.constantFrom('run_id', 'id', 'task_run_ids', 'state', '__proto__'), fc.string())
  const { value: json } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      int64,
      fc.constantFrom('null', '"5"', '-0.5', '1e300'),
      tie('array'),
      tie('object'),
    ),
    array: fc.array(tie('value') as fc.Arbitrary<string>).map((values) => `[${values}]`),
    object: fc
      .array(fc.tuple(name, tie('value') as fc.Arbitrary<string>))
      .map((fields) => `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`),
  }))
  fc.assert(
    fc.property(json as fc.Arbitrary<string>, (text) => {
      const [alone] = parseWithIds(`[${text}]`) as unknown[]
      const [beside] = parseWithIds(`[${text}, "${'0'.repeat(20)}"]`) as unknown[]
      deepEqual(alone, beside)
    }),
  )
})

t.test('an integer that a double would corrupt is kept as text under any name', async (t) => {
  t.strictSame(parseWithIds('{"new_field": 9007199254740993, "low": -9007199254740993, "huge": 1e300}'), {
    new_field: '9007199254740993',
    low: '-9007199254740993',
    huge: 1e300,
  })
})

t.test('a job parameter with the name of an id stays a string', async (t) => {
  const body = stringifyWithIds({ job_id: '9007199254740993' }, { job_parameters: { run_id: '5' } })
  t.equal(body, '{"job_id":9007199254740993,"job_parameters":{"run_id":"5"}}')
})

t.test('what is no decimal id is not written', async (t) => {
  for (const id of ['', '1e3', '-1', '01', '1,"x":2', '1.0']) {
    t.throws(() => stringifyWithIds({ job_id: id }), { name: 'TypeError', message: /job_id/ }, id)
  }
})
