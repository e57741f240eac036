import { once } from 'node:events'
import { mkdirSync, mkdtempDisposableSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { balance } from './balance.ts'
import { askAll, readLedger, scrape, settle } from './books.ts'
import { injectFaults } from './faults.ts'
import { startLandscape, UnavailableError } from './landscape.ts'
import { startLoad } from './load.ts'
import { type ChaosOptions, readOptions, UsageError } from './options.ts'
import { type ChaosScope, createScope } from './processes.ts'
import { makeSchedule } from './schedule.ts'
import { formatSheet, isBalanced, type Result } from './sheet.ts'

// npm run test:chaos [-- --minutes 2 --seed 42 --ledger postgres|sqlite --gateways 3]: gateways under load while
// processes, databases and connections die; then the books are balanced. Exit code 1 with what does not add up. Without
// a Docker engine it is skipped, but not in CI.

class InterruptedError extends Error {}

/** Once nothing is wrong any more, all runs are over within this time. */
const SETTLE_SECONDS = 60
/** And then nobody waits any longer. */
const GIVE_UP_MS = 2 * SETTLE_SECONDS * 1000

try {
  const options = readOptions(process.argv.slice(2))
  process.stderr.write(`chaos with seed ${options.seed} for ${options.minutes} min …\n`)
  const result = await run(options)
  process.stdout.write(formatSheet(result))
  process.exitCode = isBalanced(result) ? 0 : 1
} catch (error) {
  // What was going on still is, and finds everything gone.
  if (error instanceof InterruptedError) process.exit(1)
  const isUsage = error instanceof UsageError
  if (!isUsage && !(error instanceof UnavailableError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = isUsage ? 2 : Number(Boolean(process.env['CI']))
}

/** However it ends, nothing of it is left. */
async function run(options: ChaosOptions): Promise<Result> {
  // Beside the source, since the folder for temporary files is memory on many machines.
  const data = fileURLToPath(new URL('../../data', import.meta.url))
  mkdirSync(data, { recursive: true })
  using folder = mkdtempDisposableSync(join(data, 'chaos-'))
  await using scope = createScope()
  return await Promise.race([makeStorm(options, folder.path, scope), interruption()])
}

async function interruption(): Promise<never> {
  const signal = await Promise.race((['SIGINT', 'SIGTERM'] as const).map((name) => once(process, name)))
  throw new InterruptedError(`interrupted by ${signal}`)
}

async function makeStorm(options: ChaosOptions, folder: string, scope: ChaosScope): Promise<Result> {
  const landscape = await startLandscape(scope, folder, options)
  const { replicas, workspace } = landscape

  const patience = new AbortController()
  const began = performance.now()
  const load = startLoad(replicas, options.seed, patience.signal)
  const { orders, caller } = load
  const inVain = (what: string) => (error: unknown) => {
    caller.hung.push(`${what}: ${error}`)
  }
  const injected = await injectFaults(landscape, makeSchedule(options))
  const quiet = performance.now()
  const giveUp = setTimeout(() => patience.abort(), GIVE_UP_MS)
  await load.stop()
  await settle(caller).catch(inVain('runs never ended'))
  const settled = performance.now()

  await askAll(caller, orders).catch(inVain('keys were never answered'))
  const scrapes = await Promise.all(
    replicas.map((replica) =>
      scrape(replica, patience.signal).catch((error: unknown) => {
        inVain(`${replica.url}/metrics`)(error)
        return new Map<string, number>()
      }),
    ),
  )
  clearTimeout(giveUp)
  await Promise.all(replicas.map((replica) => replica.stop()))
  const books = { orders, upstream: await workspace.runs(), scrapes, ...(await readLedger(landscape)) }

  const settleSeconds = (settled - quiet) / 1000
  const problems = [
    ...caller.problems,
    ...orders.flatMap((order) => order.problems),
    ...replicas.flatMap(({ crashes }) => crashes),
    ...(settleSeconds > SETTLE_SECONDS ? [`it took ${Math.round(settleSeconds)} s until all runs were over`] : []),
  ]
  const loadSeconds = (settled - began) / 1000
  return { options, loadSeconds, settleSeconds, injected, caller, books, balance: balance(books), problems }
}
