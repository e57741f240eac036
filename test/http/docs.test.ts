import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import t from 'tap'
import { KEYS, startServer } from '../support/http-server.ts'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = BROWSERS.find((path) => existsSync(path))
const skip = executablePath === undefined && 'no Chromium on this machine'

t.test('the page of the API is read and tried in a browser', { skip }, async (t) => {
  const { url } = await startServer(t)
  const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))

  await page.goto(`${url}/docs`)
  await page.getByRole('button', { name: 'Authorize' }).click()
  // Each way to sign in has its form; this one's comes first.
  await page.locator('#api_key_value').first().fill(KEYS['control-m'])
  await page.getByRole('button', { name: 'Apply credentials' }).first().click()
  await page.getByRole('button', { name: 'Close' }).first().click()

  const operation = page.locator('#operations-jobs-listJobs')
  await operation.getByRole('button').first().click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table .response')
  t.match(await answer.locator('.response-col_status').textContent(), /^200/)
  t.match(await answer.textContent(), /"job": "nightly-load"/)
  t.strictSame(complaints, [], 'nothing is refused by the policy of the page')
})
