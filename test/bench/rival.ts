import type { Bench } from './bench.ts'
import { type Program, startProgram } from './program.ts'

/** Starts a program of `rivals/`. */
export function startRival(bench: Bench, name: 'constant' | 'hold' | 'proxy', subject: string, fields: object) {
  const file = new URL(`rivals/${name}.ts`, import.meta.url)
  return startProgram(bench, { file, args: [subject, JSON.stringify(fields)] })
}

/** What stands in the last line that the gateway logged for a request, beyond what every rival's line has. */
export function readLineFields(gateway: Program): object {
  const line = gateway
    .log()
    .split('\n')
    .findLast((text) => text.includes('"event":"http.request"'))
  const { client, key_id, job, run_id, answer } = JSON.parse(line ?? '{}')
  return { client, key_id, job, run_id, answer }
}
