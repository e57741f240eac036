import { openLedger } from '../../src/ledger/open.ts'
import { sampleRun } from './sample.ts'

// A process that writes runs, 16 at a time, and prints each as JSON once its promise has resolved, until it is killed.
const [url = ''] = process.argv.slice(2)
const store = await openLedger({ url, instance: 'test' })
const write = async () => {
  const run = sampleRun({ key: crypto.randomUUID() })
  await store.insert(run)
  process.stdout.write(`${JSON.stringify(run)}\n`)
}
for (;;) await Promise.all(Array.from({ length: 16 }, write))
