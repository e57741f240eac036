import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import type { Answer } from '../support/gateway.ts'
import { createProject, type Project } from './support/compose.ts'
import { buildImage, ROOT } from './support/image.ts'

const PATIENCE_MS = 90_000
const PAUSE_MS = 200

const GATEWAY_IMAGE = await buildImage()

t.test('docker compose up: a working system, and a run to be seen in Prometheus', async (t) => {
  const project = await createProject(t, { GATEWAY_IMAGE })
  await project.up('gateway', 'prometheus')
  const run = await trigger(project, 'gateway')
  t.match(run, { state: 'SUCCEEDED', result: 'OK', workspace: 'simulated' })

  const prometheus = await project.urlOf('prometheus', 9090)
  const ended = '{job="nightly-load",state="SUCCEEDED"}'
  t.equal(await awaitValue(prometheus, `job_gateway_runs_finished_total${ended}`), 1)
  t.equal(await awaitValue(prometheus, `job_gateway:runs_finished:max${ended}`), 1, 'the rules are loaded')
  t.same(await namesOfRules(prometheus), namesInFiles(), 'and so are the alerts')

  await project.up('scheduler')
  await awaitValue(prometheus, 'sum(job_gateway_triggers_total{client="scheduler",answer="started"}) > 2')
  t.pass('the boards have something to show')
  await lookAtGrafana(t, project)
})

t.test('profile real: what .env names is what runs', async (t) => {
  const folder = t.testdir()
  const real = readFileSync(join(ROOT, 'deploy/real/gateway.yaml'), 'utf8')
  const config = parse(real)
  // The simulated workspace stands in for the real one; the callers are those of the simulated gateway.
  const simulated = parse(readFileSync(join(ROOT, 'deploy/simulated/gateway.yaml'), 'utf8'))
  const changed = { ...config, workspaces: simulated.workspaces, jobs: simulated.jobs, clients: simulated.clients }
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(changed))
  const project = await createProject(t, { GATEWAY_IMAGE, GATEWAY_CONFIG_FOLDER: folder })
  await project.up('real', 'workspace', 'prometheus')
  t.match(await trigger(project, 'real'), { state: 'SUCCEEDED', result: 'OK' })
  const prometheus = await project.urlOf('prometheus', 9090)
  t.equal(await awaitValue(prometheus, 'job_gateway_build_info{instance="prod"}'), 1)
})

/** Once the gateway is ready; the answer comes with the end of the run. */
async function trigger(project: Project, service: string) {
  const url = await project.urlOf(service, 8080)
  await until(`${service} is ready`, async () => (await fetch(`${url}/readyz`)).ok || undefined)
  const headers = { 'x-api-key': 'demo-key' }
  const response = await fetch(`${url}/trigger/nightly-load?p.day=2026-11-22&wait=40`, { method: 'POST', headers })
  return response.json()
}

/** The value of a query, as soon as it has one. */
async function awaitValue(prometheus: string, query: string): Promise<number> {
  return until(query, async () => {
    const { data } = await get(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)
    const text = data.result[0]?.value[1]
    return text === undefined || text === '0' ? undefined : Number(text)
  })
}

async function namesOfRules(prometheus: string): Promise<string[]> {
  const { data } = await get(`${prometheus}/api/v1/rules`)
  return data.groups.flatMap(({ rules }: { rules: { name: string }[] }) => rules.map(({ name }) => name)).sort()
}

function namesInFiles(): string[] {
  const files = ['rules.yaml', 'alerts.yaml'].map((name) => parse(readFileSync(join(ROOT, 'prometheus', name), 'utf8')))
  const rules: { record?: string; alert?: string }[] = files.flatMap(({ groups }) =>
    groups.flatMap((group: { rules: [] }) => group.rules),
  )
  return rules.map(({ record, alert }) => record ?? alert ?? '').sort()
}

/** Only where its image is there already. */
async function lookAtGrafana(t: Test, project: Project): Promise<void> {
  const image = process.env['GRAFANA_IMAGE'] ?? 'grafana/grafana:12.2.0'
  if (!isThere(image)) return t.comment(`${image} is not on this machine: Grafana was not seen`)
  await project.up('grafana')
  const grafana = await project.urlOf('grafana', 3000)
  const boards = readdirSync(join(ROOT, 'grafana/dashboards')).filter((name) => name.endsWith('.json'))
  const found = await until('dashboards in Grafana', async () => {
    const results = await get(`${grafana}/api/search?type=dash-db`)
    return results.length > 0 ? results : undefined
  })
  t.equal(found.length, boards.length, 'every dashboard is there')
}

function isThere(image: string): boolean {
  try {
    execFileSync('docker', ['image', 'inspect', image], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function get(url: string): Promise<Answer['body']> {
  return (await fetch(url)).json()
}

/** What `look` finds, as soon as it finds something; what does not answer yet is asked again. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS)
  let last: unknown
  while (!giveUp.aborted) {
    const found = await look().catch((error) => {
      last = error
      return undefined
    })
    if (found !== undefined) return found
    await sleep(PAUSE_MS)
  }
  throw new Error(`not seen within ${PATIENCE_MS / 1000} s: ${what}`, { cause: last })
}
