import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'

/** A process of its own, its log in a file; disposing of it ends it. */
export interface Program extends AsyncDisposable {
  url: string
  /** From the start of the process until it said where it listens. */
  startMs: number
  /** CPU time of all its threads so far, ms. */
  cpuMs(): number
  residentBytes(): number
  /** Everything that it has printed. */
  log(): string
}

interface Start {
  file: URL
  args: string[]
  env?: NodeJS.ProcessEnv
  nodeArgs?: string[]
  /** Finds the url in what it prints. */
  url?: RegExp
}

const LISTENS_AT = /(http:\/\/127\.0\.0\.1:\d+)/
const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000
const LOOK_MS = 2
/** Of /proc/PID/stat; Linux has had 100 ticks a second on every platform that Node runs on. */
const MS_PER_TICK = 10

let started = 0

/** Starts a program and resolves once it listens. */
export async function startProgram(bench: Bench, { file, args, env, nodeArgs = [], url = LISTENS_AT }: Start) {
  const logFile = join(bench.folder, `${started++}.log`)
  const output = openSync(logFile, 'w')
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...nodeArgs, fileURLToPath(file), ...args], {
    stdio: ['ignore', output, output],
    env: { PATH: process.env['PATH'], ...env },
  })
  closeSync(output)
  const exited = once(child, 'exit')
  const log = () => readFileSync(logFile, 'utf8')

  async function findUrl(): Promise<string> {
    for (;;) {
      const found = url.exec(log())?.[1]
      if (found !== undefined) return found
      const waitedMs = performance.now() - startedAt
      if (child.exitCode !== null || waitedMs > START_TIMEOUT_MS) throw new Error(`${file.pathname}: ${log()}`)
      await sleep(LOOK_MS)
    }
  }

  async function stop(): Promise<void> {
    child.kill()
    const tooLate = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(tooLate)
  }

  try {
    const program: Program = {
      url: await findUrl(),
      startMs: performance.now() - startedAt,
      cpuMs: () => readCpuTicks(child.pid) * MS_PER_TICK,
      residentBytes: () => readResidentKb(child.pid) * 1024,
      log,
      [Symbol.asyncDispose]: stop,
    }
    return program
  } catch (error) {
    await stop()
    throw error
  }
}

/** User and system time: proc_pid_stat(5). The program's name, in brackets, may hold anything. */
function readCpuTicks(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function readResidentKb(pid: number | undefined): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
