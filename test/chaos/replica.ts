import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, startProgram } from '../support/program.ts'
import type { Scope } from './processes.ts'

/** One gateway: a process that is started again whenever it has ended. */
export interface Replica {
  url: string
  /** Resolves once the next process is ready. */
  kill(): Promise<void>
  /** Stops it like a debugger, and lets it go on after so long. */
  pause(ms: number): Promise<void>
  /** Whether it had no process that was ready, at or after this instant of `performance.now()`. */
  wasAwaySince(instant: number): boolean
  /** As a balancer knows it. */
  isAway(): boolean
  /** What its processes printed that ended although nobody killed them. */
  crashes: string[]
  /** Ends it for good, in good order. */
  stop(): Promise<void>
}

const LOOK_MS = 25
/** A connection may turn out to be dead a little after the process that it led to. */
const AFTERMATH_MS = 1_000

/** Resolves once it is ready. */
export async function startReplica(
  scope: Scope,
  { url, configFile, env }: { url: string; configFile: string; env: NodeJS.ProcessEnv },
): Promise<Replica> {
  const crashes: string[] = []
  let program: Program
  let expected = false
  let stopped = false
  let awayUntil = Number.POSITIVE_INFINITY

  function start(): void {
    expected = false
    const started = startProgram(scope, ['serve', '--config', configFile], { env: { LOG_LEVEL: 'warn', ...env } })
    program = started
    started.exited.then((code) => {
      if (!expected) crashes.push(`exit ${code}: ${started.output().slice(-2_000)}`)
      if (!stopped) restarted = restart()
    })
  }

  async function restart(): Promise<void> {
    awayUntil = Number.POSITIVE_INFINITY
    start()
    await ready()
  }

  async function ready(): Promise<void> {
    for (;;) {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
      if (response?.ok) break
      await sleep(LOOK_MS)
    }
    awayUntil = performance.now() + AFTERMATH_MS
  }

  let restarted = restart()
  await restarted
  return {
    url,
    crashes,
    async kill() {
      const { exited, signal } = program
      expected = true
      awayUntil = Number.POSITIVE_INFINITY
      signal('SIGKILL')
      await exited
      await restarted
    },
    async pause(ms) {
      const { signal } = program
      signal('SIGSTOP')
      await sleep(ms)
      signal('SIGCONT')
    },
    isAway: () => awayUntil === Number.POSITIVE_INFINITY,
    wasAwaySince: (instant) => awayUntil >= instant,
    async stop() {
      stopped = true
      expected = true
      program.signal('SIGTERM')
      await program.exited
    },
  }
}
