import { CommandError } from './command.ts'

/** @throws CommandError with exit code 2 */
export function readPort(text: string, max = 65_535): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= max) return port
  throw new CommandError(`--port ${text}: it takes a number from 0 to ${max}`, 2)
}
