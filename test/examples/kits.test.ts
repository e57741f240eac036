import { execFile } from 'node:child_process'
import { cp, glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { startDemo } from './demo.ts'
import {
  type KitRequest,
  readControlM,
  readDataFactory,
  readFields,
  readLogicApps,
  readPlugin,
  readStateMachine,
} from './requests.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const OPENAPI = fileURLToPath(new URL('../../openapi/openapi.json', import.meta.url))
const PLUGIN = 'control-m-application-integrator'

const run = promisify(execFile)
const readText = (path: string) => readFile(join(EXAMPLES, path), 'utf8')
const readJson = async (path: string) => JSON.parse(await readText(path))
const find = (pattern: string) => Array.fromAsync(glob(pattern, { cwd: EXAMPLES }))

interface Operation {
  parameters?: { name: string; in: string }[]
}

const { paths }: { paths: Record<string, Record<string, Operation>> } = JSON.parse(await readFile(OPENAPI, 'utf8'))

/** The operation that a request of a kit means; variables of a scheduler stand for one segment. */
function findOperation({ method, path }: KitRequest): Operation | undefined {
  const segments = path.split('/')
  const template = Object.keys(paths).find((template) => {
    const wanted = template.split('/')
    return wanted.length === segments.length && wanted.every((part, i) => part.startsWith('{') || part === segments[i])
  })
  return template === undefined ? undefined : paths[template]?.[method.toLowerCase()]
}

function checkRequests(t: Test, requests: KitRequest[], count: number) {
  t.equal(requests.length, count, 'all requests of the kit were found')
  for (const request of requests) {
    const operation = findOperation(request)
    if (!operation) {
      t.fail(`the gateway has no ${request.method} ${request.path}`)
      continue
    }
    const known = (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name)
    const unknown = Object.keys(request.options).filter((name) => !known.includes(name) && !/^p\../.test(name))
    t.same(unknown, [], `options of ${request.method} ${request.path}`)
  }
}

const KITS: [file: string, read: (document: unknown) => KitRequest[], count: number][] = [
  ['control-m/one-call.json', readControlM, 1],
  ['control-m/submit-and-ask.json', readControlM, 3],
  ['control-m/cancel.json', readControlM, 1],
  [`${PLUGIN}/plugin.json`, readPlugin, 5],
  ['azure-data-factory/pipeline.json', readDataFactory, 1],
  ['azure-data-factory/pipeline-until.json', readDataFactory, 2],
  ['azure-logic-apps/workflow.json', readLogicApps, 2],
  ['aws-step-functions/state-machine.asl.json', readStateMachine, 2],
  ['stonebranch/tasks.json', (tasks) => readFields(tasks, 'HTTP Method', 'URL Query Parameters'), 3],
  ['autosys-broadcom/jobs.json', (jobs) => readFields(jobs, 'Invocation type', 'Parameters'), 3],
]

/** What the schedulers' variables would hold. */
const FILLED: Record<string, string> = {
  job: 'nightly-load',
  key: 'LOAD_SALES-20261122-0a1b2',
  rerun: 'new',
  rerun_id: '1',
  ref: 'SALES/LOAD_SALES/0a1b2/1',
  'p.day': '20261122',
}

const demo = await startDemo(t)

/** The request as it would be sent; a trigger starts nothing. */
async function send({ method, path, options }: KitRequest) {
  const trigger = path.startsWith('/trigger/')
  const url = new URL(trigger ? '/trigger/nightly-load' : path.replace(/\{\{\w+\}\}/, 'never'), demo.GATEWAY_URL)
  const query = trigger ? { 'p.day': undefined, ...options, dry_run: 'true' } : options
  for (const [name, value = FILLED[name] ?? ''] of Object.entries(query)) url.searchParams.set(name, value)
  const answer = await fetch(url, { method, headers: { 'x-api-key': demo.GATEWAY_KEY } })
  return { status: answer.status, body: await answer.text() }
}

for (const [file, read, count] of KITS) {
  t.test(`${file} calls what the gateway has`, async (t) => {
    const requests = read(await readJson(file))
    checkRequests(t, requests, count)
    for (const request of requests) {
      const { status, body } = await send(request)
      // No run was started: whoever asks for one has to hear that, and nothing about the options.
      if (request.path.startsWith('/trigger/')) t.equal(status, 200, body)
      else t.match(body, /unknown-run/, `${request.method} ${request.path}: ${status}`)
    }
  })
}

t.test('every JSON file can be read, and every kit has a README', async (t) => {
  for (const file of await find('**/*.json')) await t.resolves(readJson(file), file)
  const folders = new Set((await find('*/*')).map((path) => path.replace(/\/.*/, '')))
  for (const folder of folders) await t.resolves(readText(`${folder}/README.md`), folder)
})

t.test('texts of kits that call the gateway name only its options', async (t) => {
  const known = new Set(
    Object.values(paths).flatMap((operations) =>
      Object.values(operations).flatMap(({ parameters = [] }) => parameters.map(({ name }) => name)),
    ),
  )
  const texts = [...(await find('curl/*.sh')), 'jenkins/Jenkinsfile', 'airflow/nightly_load.py']
  for (const file of texts) {
    const text = await readText(file)
    const patterns = [
      /--data(?:-urlencode)? "?(\w+)=/g,
      /[?&"](\w+)=\$?\{?[\w.]/g,
      /^ +"(\w+)": (?:KEY|JOB|"[^"]*"),$/gm,
    ]
    const names = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name ?? ''))
    t.ok(names.includes('key'), `${file}: its options were found`)
    t.same(
      names.filter((name) => !known.has(name)),
      [],
      file,
    )
  }
})

t.test('the plug-in is its source, packed', async (t) => {
  const unpack = (packed: string) => JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString())
  const source = await readJson(`${PLUGIN}/plugin.json`)
  t.same(unpack(await readText(`${PLUGIN}/databricks-job-gateway.ctmai`)), source, 'run pack.sh after a change')

  const folder = t.testdir()
  await cp(join(EXAMPLES, PLUGIN), folder, { recursive: true })
  await run('sh', [join(folder, 'pack.sh')])
  t.same(unpack(await readFile(join(folder, 'databricks-job-gateway.ctmai'), 'utf8')), source)
})

t.test('the plug-in has the parts of a public one, and every name it uses', async (t) => {
  const { app } = await readJson(`${PLUGIN}/plugin.json`)
  const [execution] = app.executionTypes
  const commands = execution.ops.flatMap(({ cmds }: { cmds: { cmdType: string }[] }) => cmds)
  t.same(
    execution.ops.map(({ type }: { type: string }) => type),
    ['pre-execute', 'execute', 'execute', 'execute', 'post-execute'],
  )
  const [verify] = commands.filter(({ cmdType }: { cmdType: string }) => cmdType === 'MonitorCompletion')
  t.equal(verify.interval, '15')
  const told = verify.extractInfo.filter(({ operator }: { operator: string }) => operator === 'eq')
  t.match(told, [
    { elementPath: '$.result', value: 'OK', doSection: [{ doOption: 'setOk' }] },
    { elementPath: '$.result', value: 'KO', doSection: [{ doOption: 'fail' }] },
  ])
  t.equal(commands.filter(({ cmdType }: { cmdType: string }) => cmdType === 'Kill').length, 1)

  const declared = execution.params.map(({ name }: { name: string }) => name)
  const used = [...JSON.stringify(app).matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name)
  t.same(
    used.filter((name) => !declared.includes(name)),
    [],
  )
  const properties = execution.params.flatMap(({ PropertyName = [] }: { PropertyName?: string | [] }) => PropertyName)
  t.equal(new Set(properties).size, properties.length, 'no property is used twice')
})

t.test('scripts and programs are well formed', async (t) => {
  for (const script of await find('**/*.sh')) await t.resolves(run('sh', ['-n', join(EXAMPLES, script)]), script)
  const python = await run('python3', ['--version']).catch(() => undefined)
  if (!python) return t.comment('no python3 here')
  for (const program of await find('**/*.py')) {
    const code = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])'
    await t.resolves(run('python3', ['-c', code, join(EXAMPLES, program)]), program)
  }
})
