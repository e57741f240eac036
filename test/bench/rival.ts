import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import { type Program, startProgram } from './program.ts'

const LOOK_MS = 20

/** Starts a program of `rivals/`. */
export function startRival(bench: Bench, name: 'constant' | 'hold' | 'proxy', subject: string, fields: object) {
  const file = new URL(`rivals/${name}.ts`, import.meta.url)
  return startProgram(bench, { file, args: [subject, JSON.stringify(fields)] })
}

/** What stands in a line that the gateway logged for a request of a route, beyond what every rival's line has. */
export async function readLineFields(gateway: Program, route: string): Promise<object> {
  const find = () =>
    gateway
      .log()
      .split('\n')
      .findLast((text) => text.includes(`"route":"${route}"`))
  let line = find()
  // Lines are written a few times a second.
  for (; line === undefined; line = find()) await sleep(LOOK_MS)
  const { client, key_id, job, run_id, answer } = JSON.parse(line)
  return { client, key_id, job, run_id, answer }
}
