import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Runs a program that reads its order as JSON from standard input and prints its result as JSON. */
export async function askProgram<Result>(file: URL, order: object, timeoutMs: number): Promise<Result> {
  const path = fileURLToPath(file)
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'], timeout: timeoutMs })
  child.stdin.end(JSON.stringify(order))
  const exited = once(child, 'exit')
  const result = await json(child.stdout).catch(() => undefined)
  const [code, signal] = await exited
  if (code !== 0) throw new Error(`${path} ended with ${code ?? signal}`)
  return result as Result
}
