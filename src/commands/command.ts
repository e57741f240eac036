import type { Readable, Writable } from 'node:stream'

/** What a command may use of its process. */
export interface Surroundings {
  env: NodeJS.ProcessEnv
  stdin: Readable
  stdout: Writable
  stderr: Writable
  /** Aborts when the process is asked to stop. */
  signal: AbortSignal
  /** From then on SIGHUP does this instead of ending the process. */
  onHangUp(listener: () => void): void
}

export type Command = (args: string[], surroundings: Surroundings) => Promise<void>

/** The command cannot do what it was asked: the message is all that is printed, the process ends with `exitCode`. */
export class CommandError extends Error {
  override name = 'CommandError' as const
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
