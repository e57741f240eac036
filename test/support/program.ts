import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** What a start mostly costs is the reading of the sources, which Node can keep. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/node-compile-cache', import.meta.url))

export interface ProgramOptions {
  /** All that the program sees of an environment, besides PATH and what makes its start faster. */
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Standard input; left out: none. */
  input?: string
  /** Where it begins; left out: in the sources of this version. */
  main?: string
}

/** `job-gateway` as a process of its own. */
export interface Program {
  stdout(): string
  stderr(): string
  /** Both, as they came. */
  output(): string
  /** The match, as soon as standard output has one; rejects when the program ends without. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code, or the signal's name, once everything printed was read. */
  exited: Promise<number | string>
}

/** Starts the program with these arguments; it ends with the test at the latest. */
export function startProgram(
  t: Pick<Test, 'teardown'>,
  args: string[],
  { env = {}, cwd, input, main = MAIN }: ProgramOptions = {},
): Program {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  child.stdin.end(input)
  const chunks: { stream: 'stdout' | 'stderr'; text: string }[] = []
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => chunks.push({ stream, text }))
  }
  const read = (stream?: 'stdout' | 'stderr') =>
    chunks
      .filter((chunk) => stream === undefined || chunk.stream === stream)
      .map(({ text }) => text)
      .join('')
  const exited: Program['exited'] = once(child, 'close').then(([code, signal]) => code ?? signal)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })

  return {
    stdout: () => read('stdout'),
    stderr: () => read('stderr'),
    output: () => read(),
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(read('stdout'))
          if (!match) return
          child.stdout.off('data', look)
          resolve(match)
        }
        child.stdout.on('data', look)
        look()
        exited.then((code) =>
          reject(new Error(`the program ended with ${code} before it printed ${pattern}:\n${read()}`)),
        )
      }),
    signal: (name) => child.kill(name),
    exited,
  }
}

/** Runs the program to its end. */
export async function runProgram(t: Test, args: string[], options?: ProgramOptions) {
  const program = startProgram(t, args, options)
  const code = await program.exited
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}
