// A scheduler for the demonstration: it starts each job every so often, so that the boards have something to show.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const { GATEWAY_URL, KEY_FILE } = process.env
const KEY = readFileSync(KEY_FILE, 'utf8').trim()
const EVERY_SECONDS = { 'nightly-load': 20, 'broken-load': 90, 'slow-load': 300 }

// The first process of a container ends by no signal that it does not listen for.
process.on('SIGTERM', () => process.exit())
await Promise.all(Object.entries(EVERY_SECONDS).map(([job, seconds]) => repeat(job, seconds)))

async function repeat(job, seconds) {
  for (;;) {
    const said = await trigger(job).catch((error) => `${error.message} ${error.cause ?? ''}`)
    process.stdout.write(`${job}: ${said.trim()}\n`)
    await sleep(seconds * 1000)
  }
}

/** The state of the run, in one word, or why there is none. */
async function trigger(job) {
  const now = new Date().toISOString()
  const query = new URLSearchParams({ format: 'text', key: now })
  if (job === 'nightly-load') query.set('p.day', now.slice(0, 10))
  const headers = { 'x-api-key': KEY }
  const response = await fetch(`${GATEWAY_URL}/trigger/${job}?${query}`, { method: 'POST', headers })
  return response.text()
}
