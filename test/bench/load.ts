import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { AddedTime, AddedTimeOrder } from './load/added-time.ts'
import type { Burst, BurstOrder } from './load/burst.ts'
import type { Held, HoldOrder } from './load/hold.ts'
import type { Throughput, ThroughputOrder } from './load/throughput.ts'

/** Programs that make load: each reads its order as JSON from standard input and prints its result as JSON. */
interface Loads {
  'added-time': [AddedTimeOrder, AddedTime]
  burst: [BurstOrder, Burst]
  hold: [HoldOrder, Held]
  throughput: [ThroughputOrder, Throughput]
}

const TIMEOUT_MS = 120_000

/** Makes load from a process of its own. */
export async function makeLoad<Name extends keyof Loads>(name: Name, order: Loads[Name][0]): Promise<Loads[Name][1]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(`load/${name}.ts`, import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
  })
  child.stdin.end(JSON.stringify(order))
  const exited = once(child, 'exit')
  const result = await json(child.stdout).catch(() => undefined)
  const [code, signal] = await exited
  if (code !== 0) throw new Error(`load ${name} ended with ${code ?? signal}`)
  return result as Loads[Name][1]
}
