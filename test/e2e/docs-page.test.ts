import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const executablePath = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path))
const skip = executablePath === undefined && !process.env['CI'] && 'no Chromium on this machine'

/** A browser that keeps to itself: no sandbox as root, no calls home. */
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** A page, and everything about it that a strict browser complains of. */
async function openPage(t: Test, origin: string) {
  const browser = await chromium.launch({ executablePath: executablePath ?? 'chromium', args: ARGS })
  t.teardown(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1200, height: 1600 } })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'data:') complaints.push(`another origin: ${url}`)
  })
  return { page, complaints }
}

/** Opens an operation, sends it as its form stands, and reads the answer that the page shows. */
async function tryOperation(page: Page, id: string, values: Record<string, string> = {}) {
  const operation = page.locator(`#operations-${id}`)
  await operation.getByRole('button').first().click()
  for (const [name, value] of Object.entries(values)) {
    await operation.locator(`tr[data-param-name="${name}"] input`).fill(value)
  }
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table .response')
  return {
    status: await answer.locator('.response-col_status').textContent(),
    body: JSON.parse((await answer.locator('.response-col_description code').first().textContent()) ?? ''),
  }
}

t.test('the page of the API: read, authorised and tried in a browser', { skip }, async (t) => {
  const simulator = await startSimulator(t, {
    jobs: [{ job_id: '11', name: 'quick', tasks: [{ task_key: 'main', duration_ms: 100 }] }],
  })
  // What the page proposes as a body is meant for a job such as this.
  const job = {
    job_id: '11',
    parameters: { day: { type: 'date', required: true }, region: { enum: ['NORTE', 'SUR'] } },
  }
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs: { 'nightly-load': job } }))
  const { page, complaints } = await openPage(t, gateway.url)

  t.equal((await page.goto(`${gateway.url}/docs`))?.status(), 200)
  await page.getByRole('button', { name: 'Authorize' }).first().click()
  // Each way to sign in has its form; this one's comes first.
  await page.locator('#api_key_value').first().fill(KEYS['control-m'])
  await page.getByRole('button', { name: 'Apply credentials' }).first().click()
  await page.getByRole('button', { name: 'Close' }).first().click()
  t.match(await tryOperation(page, 'jobs-listJobs'), { status: /^200/, body: { jobs: [{ job: 'nightly-load' }] } })
  const triggered = await tryOperation(page, 'runs-triggerJob', { job: 'nightly-load', wait: '10' })
  await page.screenshot({ path: join(t.testdirName, 'docs.png') })
  t.match(triggered, {
    status: /^200/,
    body: { job: 'nightly-load', state: 'SUCCEEDED', client: 'control-m', parameters: { region: 'NORTE' } },
  })
  t.equal(simulator.runs().length, 1, 'the run is a real one')
  t.same(complaints, [], 'no error, nothing refused by the policy, no call to anywhere else')
})
