import type { Readable, Writable } from 'node:stream'

/** What a command may use of its process. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  stdin: Readable
  stdout: Writable
  stderr: Writable
  /** Aborts when the process is asked to stop. */
  signal: AbortSignal
}

/** Resolves with the exit code. */
export type Command = (args: string[], surroundings: Surroundings) => Promise<number>

/** The command line is wrong: the message says how it is meant. */
export class UsageError extends Error {
  override name = 'UsageError' as const
}
