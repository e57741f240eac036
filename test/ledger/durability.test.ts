import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { openLedger } from '../../src/ledger/open.ts'
import type { Run } from '../../src/runs/run.ts'

t.test('what was acknowledged outlives kill -9, and the ledger opens again at once', async (t) => {
  const url = `sqlite:${t.testdir()}/runs.db`
  const acknowledged: Run[] = []
  for (const before of [1, 40, 15, 300, 120]) {
    acknowledged.push(...(await writeUntilKilled(url, before)))
    const store = await openLedger({ url, instance: 'test' })
    for (const run of acknowledged) t.same(await store.get(run.id), run)
    t.ok((await store.list({ jobs: null, limit: 10_000 })).length >= acknowledged.length)
    await store.close()
  }
})

/** What a process printed that was killed once it had printed so many runs. */
async function writeUntilKilled(url: string, count: number): Promise<Run[]> {
  const writer = spawn(process.execPath, [`${import.meta.dirname}/writer.ts`, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(writer, 'exit')
  const runs: Run[] = []
  for await (const line of createInterface({ input: writer.stdout })) {
    // The last line may have been cut off by the kill.
    if (line.endsWith('}}')) runs.push(JSON.parse(line))
    if (runs.length === count) writer.kill('SIGKILL')
  }
  await exited
  return runs
}
