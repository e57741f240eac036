import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fastify from 'fastify'
import t from 'tap'
import { PROBLEMS } from '../../src/http/problems.ts'
import { exampleProblem, exampleRuns } from '../../src/http/schemas/examples.ts'
import { ERROR_CODES } from '../../src/runs/errors.ts'
import { startServer } from '../support/http-server.ts'
import { makeRun } from '../support/make-run.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  responses: Record<string, { description: string; content: Record<string, { example?: unknown; examples?: object }> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, { properties: object }> }
}

const document: Document = JSON.parse(await readFile(`${ROOT}openapi/openapi.json`, 'utf8'))
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
)

t.test('the document in the repository is the one that is served', async (t) => {
  const { call } = await startServer(t)
  t.strictSame((await call('/openapi.json', { as: null })).body, document, 'else run: npm run openapi')
})

t.test('it is linted without a warning', async (t) => {
  const { stderr } = await promisify(execFile)(`${ROOT}node_modules/.bin/redocly`, ['lint', 'openapi/openapi.json'], {
    cwd: ROOT,
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  })
  t.match(stderr, /Your API description is valid/)
  t.notMatch(stderr, /warning/)
})

t.test('every operation is told in words and by examples', async (t) => {
  const ids = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(ids).size, ids.length)
  for (const { name, operation } of operations) {
    t.match(operation, { operationId: /^[a-z]+[A-Za-z]+$/, summary: /\S/, description: /\.$/, tags: [/\S/] }, name)
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      t.match(description, /\.$|^The /, `${name} ${status}`)
      for (const [type, { example, examples }] of Object.entries(content)) {
        if (type !== 'text/html') t.ok(example ?? examples, `an example of ${name} ${status} ${type}`)
      }
    }
  }
})

t.test('every error stands under its own status', async (t) => {
  for (const { name, operation } of operations) {
    for (const [status, { description }] of Object.entries(operation.responses)) {
      for (const [, code = ''] of description.matchAll(/\(`([a-z-]+)`\)/g)) {
        t.equal(PROBLEMS[code as keyof typeof PROBLEMS]?.status, Number(status), `${code} in ${name}`)
      }
    }
  }
})

/** Whether values are what a schema of the document says, without a field more. */
async function createCheck() {
  const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const local = JSON.stringify(schema).replaceAll('#/components/schemas/', '')
    app.addSchema({ $id: name, ...JSON.parse(local) })
    app.post(`/${name}`, { schema: { body: { $ref: name } } }, async () => 'as described')
  }
  await app.ready()
  return async (name: string, value: object) => {
    const { body } = await app.inject({ method: 'POST', url: `/${name}`, payload: value })
    const known = Object.keys(document.components.schemas[name]?.properties ?? {})
    const more = Object.keys(value).filter((field) => !known.includes(field))
    return more.length > 0 ? `undescribed: ${more.join(', ')}` : body
  }
}

t.test('answers are what the document says', async (t) => {
  const check = await createCheck()
  const { hold, call } = await startServer(t)
  const run = await hold(
    makeRun({
      attempt: {
        ...{ state: 'FAILED', result: 'KO', cause: 'user_code', databricks_run_id: '7', finished_at: 1, run_ms: 5 },
        failure: { cause: 'user_code', task_key: 'load', message: 'boom', retryable: false, repairable: true },
        tasks: [{ task_key: 'load', state: 'FAILED', databricks_run_id: '8', attempt: 0, message: '' }],
      },
    }),
  )
  t.equal(await check('Run', (await call(`/runs/${run.id}?include=attempts`)).body), 'as described')
  t.equal(await check('Problem', (await call('/runs/none')).body), 'as described')
  t.equal(await check('Problem', (await call('/runs', { as: null })).body), 'as described')
  t.equal(await check('Job', (await call('/jobs/nightly-load')).body), 'as described')
})

t.test('and so are the examples', async (t) => {
  const check = await createCheck()
  for (const [what, example] of Object.entries(exampleRuns)) t.equal(await check('Run', example), 'as described', what)
  for (const code of ERROR_CODES) t.equal(await check('Problem', exampleProblem(code)), 'as described', code)
})
