import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Permission } from '../../src/config/schema/clients.ts'
import { PROBLEMS } from '../../src/http/problems.ts'
import type { ErrorCode } from '../../src/runs/errors.ts'
import { type Kind, OWN_KEY, startWithKinds } from '../support/kinds-of-callers.ts'

const OPENAPI = new URL('../../openapi/openapi.json', import.meta.url)

/**
 * Every operation: what it takes, whose it must be, the call, and what is answered to whoever may.
 * - all: open to everybody; client: to every client with the permissions
 * - job: the caller must see it; every job: it must see all there are
 * - run: of a job that the caller sees; own run: triggered by it, unless it has admin
 * - own key: triggered by it, under that key
 *
 * {id} stands for each kind of id that a run has.
 */
type Row = [operation: string, needs: Permission[], whose: Whose, call: string, answer: 200 | ErrorCode]
type Whose = 'all' | 'client' | 'job' | 'every job' | 'run' | 'own run' | 'own key'
const ROWS: Row[] = [
  ['triggerJob', ['trigger'], 'job', 'POST /trigger/mine?wait=30', 200],
  ['triggerJob', ['trigger', 'output'], 'job', 'POST /trigger/mine?wait=30&include=output', 200],
  ['listRuns', ['read'], 'client', 'GET /runs', 200],
  ['listRuns', ['read'], 'job', 'GET /runs?job=mine', 200],
  ['getRun', ['read'], 'run', 'GET /runs/{id}', 200],
  ['getRun', ['read', 'output'], 'run', 'GET /runs/{id}?include=output', 200],
  ['getRunByKey', ['read'], 'own key', `GET /run?job=mine&key=${OWN_KEY}`, 200],
  ['refreshRun', ['read'], 'run', 'POST /runs/{id}/refresh', 200],
  ['awaitRun', ['read'], 'run', 'GET /runs/{id}/await', 200],
  ['awaitRun', ['read'], 'run', 'HEAD /runs/{id}/await', 200],
  ['awaitRunByKey', ['read'], 'own key', `GET /await?job=mine&key=${OWN_KEY}`, 200],
  ['getRunOutput', ['output'], 'run', 'GET /runs/{id}/output', 200],
  // The run is over: nobody changes anything for the next caller.
  ['cancelRun', ['cancel'], 'own run', 'POST /runs/{id}/cancel', 200],
  ['cancelRunByDelete', ['cancel'], 'own run', 'DELETE /runs/{id}', 200],
  ['cancelRunByKey', ['cancel'], 'own key', `POST /cancel?job=mine&key=${OWN_KEY}`, 200],
  ['repairRun', ['repair'], 'own run', 'POST /runs/{id}/repair', 'run-not-repairable'],
  ['listJobs', ['read'], 'client', 'GET /jobs', 200],
  ['getJob', ['read'], 'job', 'GET /jobs/mine', 200],
  ['pause', ['admin'], 'job', 'POST /admin/pause {"job":"mine"}', 200],
  ['resume', ['admin'], 'job', 'POST /admin/resume {"job":"mine"}', 200],
  ['resume', ['admin'], 'every job', 'POST /admin/resume', 200],
  ['resume', ['admin'], 'every job', 'POST /admin/resume {"workspace":"main"}', 200],
  ['listPauses', ['admin'], 'client', 'GET /admin/pauses', 200],
  ['listAuditEvents', ['admin'], 'every job', 'GET /admin/audit', 200],
  ['listAuditEvents', ['admin'], 'job', 'GET /admin/audit?job=mine', 200],
  ['getMetrics', ['metrics'], 'client', 'GET /metrics', 200],
  ['getLiveness', [], 'all', 'GET /livez', 200],
  ['getReadiness', [], 'all', 'GET /readyz', 200],
  ['getProblem', [], 'all', 'GET /problems/forbidden', 200],
  ['getOpenApi', [], 'all', 'GET /openapi.json', 200],
]

const { simulator, gateway, run, kinds, ask } = await startWithKinds(t)
const IDS: Record<string, string> = { gateway: run.id, databricks: run.databricks_run_id }

/** What this kind of caller is to be answered. */
function judge([operation, needs, whose, , answer]: Row, kind: Kind, id: string | undefined): 200 | ErrorCode {
  if (whose === 'all') return answer
  // A signature is taken at its own address, and nowhere else.
  const isKnown = kind.query === undefined || (operation === 'awaitRun' && id === run.id)
  const { may, seesMine, owner } = kind
  if (!isKnown || !may) return 'unauthenticated'
  if (!needs.every((permission) => may.includes(permission))) return 'forbidden'
  if (whose === 'client') return answer
  if (whose === 'every job') return seesMine ? answer : 'forbidden'
  if (!seesMine) return whose.endsWith('run') ? 'unknown-run' : 'unknown-job'
  if (whose === 'own key' && !owner) return 'unknown-run'
  if (whose === 'own run' && !owner && !may.includes('admin')) return 'forbidden'
  return answer
}

const inWords = (answer: 200 | ErrorCode) => (answer === 200 ? '200' : `${PROBLEMS[answer].status} ${answer}`)

t.test('every operation, by every kind of caller', async (t) => {
  const { paths }: { paths: Record<string, Record<string, { operationId: string }>> } = JSON.parse(
    readFileSync(OPENAPI, 'utf8'),
  )
  const described = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId))
  t.same([...new Set(ROWS.map(([operation]) => operation))].sort(), described.sort(), 'each has its row')

  const names = Object.keys(kinds)
  const letters = names.map((_, i) => String.fromCharCode((i < 26 ? 65 : 71) + i))
  for (const [i, name] of names.entries()) t.comment(`${letters[i]} ${name}`)
  const width = Math.max(...ROWS.map(([, , , call]) => call.length)) + 'databricks'.length
  t.comment(''.padEnd(width), letters.map((letter) => letter.padEnd(4)).join(' '))
  let cells = 0
  let triggered = 1
  for (const row of ROWS) {
    const [operation, , , template] = row
    for (const [idKind, id] of template.includes('{id}') ? Object.entries(IDS) : [['', undefined] as const]) {
      const asked = await Promise.all(
        Object.entries(kinds).map(async ([name, kind]) => {
          const { status, body } = await ask(template.replace('{id}', id ?? ''), kind)
          const due = judge(row, kind, id)
          if (operation === 'triggerJob' && due === 200) triggered++
          const isHead = template.startsWith('HEAD')
          const was = isHead || status < 400 ? `${status}` : `${status} ${body.code}`
          return { name, status, was, wanted: isHead ? inWords(due).slice(0, 3) : inWords(due) }
        }),
      )
      cells += asked.length
      const call = template.replace('{id}', `{${idKind}}`)
      const marks = asked.map(({ status, was, wanted }) => `${status}${was === wanted ? '✓' : '✗'}`)
      t.comment(call.padEnd(width), marks.join(' '))
      const by = (field: 'was' | 'wanted') => Object.fromEntries(asked.map((cell) => [cell.name, cell[field]]))
      t.strictSame(by('was'), by('wanted'), call)
    }
  }
  t.comment(`${described.length} operations, ${names.length} kinds of callers, ${cells} cells`)
  t.equal(simulator.runs().length, triggered, 'who was refused has started nothing')
  const after = await gateway.ended(run.id)
  t.match(after, { state: 'SUCCEEDED', attempt: 1, cancel: null, client: 'control-m' }, 'nor changed anything')
})

/** Headers that differ from call to call. */
const OF_EACH_CALL = ['date', 'x-request-id', 'content-length', 'ratelimit']

t.test('what a caller may not see answers, to the letter, like what does not exist', async (t) => {
  const elsewhere = kinds['everything, on other jobs'] ?? {}
  const absent = ['01JD00000000000000000000AA', run.databricks_run_id.replaceAll(/\d/g, '9')]
  const ids = Object.values(IDS).map((id, i) => ({ hidden: id, none: absent[i] ?? '' }))
  const pairs = ROWS.flatMap(([, , whose, call]) => {
    if (whose === 'all' || whose === 'client' || whose === 'every job') return []
    const names = call.includes('{id}') ? ids : [{ hidden: 'mine', none: 'nope' }]
    return names.map((pair) => ({ call, status: 404, ...pair }))
  })
  const filters = ['client=control-m', `key=${OWN_KEY}`, 'state=SUCCEEDED'].map((filter) => {
    return { call: `GET /runs?${filter}`, status: 200, hidden: filter, none: 'client=nobody' }
  })
  for (const { call, status, hidden, none } of [...pairs, ...filters]) {
    const [one, other] = await Promise.all(
      [hidden, none].map(async (name) => {
        const { headers, ...answer } = await ask(call.replace('{id}', name).replace(hidden, name), elsewhere)
        const told = [...headers].filter(([header]) => !OF_EACH_CALL.includes(header))
        const text = answer.text.replace(headers.get('x-request-id') ?? '', '').replaceAll(name, 'NAME')
        return { status: answer.status, told, text }
      }),
    )
    t.strictSame(one, other, `${call}: ${hidden}`)
    t.match(one, { status })
  }
  const seen = await ask('GET /jobs', elsewhere)
  t.same(
    seen.body.jobs.map(({ job }: { job: string }) => job),
    ['theirs'],
  )
})
