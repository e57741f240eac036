import { setTimeout as sleep } from 'node:timers/promises'
import { type Program, startProgram } from '../support/program.ts'
import type { ChaosScope } from './processes.ts'

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
  /** Of its processes, with what they printed: ended although nobody killed them, never ready, never ended. */
  crashes: string[]
  /** Ends it for good, in good order. */
  stop(): Promise<void>
}

const LOOK_MS = 25
/** To be ready, or to end in good order. */
const PATIENCE_MS = 60_000
/** A connection may turn out to be dead a little after the process that it led to. */
const AFTERMATH_MS = 1_000

/** Resolves once it is ready. */
export async function startReplica(
  scope: ChaosScope,
  { url, configFile, env }: { url: string; configFile: string; env: NodeJS.ProcessEnv },
): Promise<Replica> {
  const crashes: string[] = []
  let program: Program
  let expected = false
  let stopped = false
  let awayUntil = Number.POSITIVE_INFINITY

  function start(): void {
    expected = false
    program = startProgram(scope, ['serve', '--config', configFile], { env: { LOG_LEVEL: 'warn', ...env } })
    program.exited.then((code) => {
      if (scope.isOver()) return
      if (!expected) note(`ended with ${code}`)
      if (!stopped) restarted = restart()
    })
  }

  async function restart(): Promise<void> {
    awayUntil = Number.POSITIVE_INFINITY
    start()
    await ready()
  }

  async function ready(): Promise<void> {
    const began = performance.now()
    while (performance.now() - began < PATIENCE_MS) {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
      if (response?.ok) {
        awayUntil = performance.now() + AFTERMATH_MS
        return
      }
      await sleep(LOOK_MS)
    }
    note('is not ready')
  }

  function note(what: string): void {
    crashes.push(`a gateway ${what}: ${program.output().slice(-2_000)}`)
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
      const ended = await Promise.race([program.exited, sleep(PATIENCE_MS, 'late' as const, { ref: false })])
      if (ended === 'late') note('does not end')
    },
  }
}
