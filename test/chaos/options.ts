import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface ChaosOptions {
  /** How long faults are injected under load. */
  minutes: number
  seed: number
  ledger: 'postgres' | 'sqlite'
  /** Processes; SQLite serves one. */
  gateways: number
}

export class UsageError extends Error {}

/** `[--minutes 2] [--seed N] [--ledger postgres|sqlite] [--gateways 3]` */
export function readOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string' },
      ledger: { type: 'string', default: 'postgres' },
      gateways: { type: 'string' },
    },
  })
  const { ledger } = values
  if (ledger !== 'postgres' && ledger !== 'sqlite') throw new UsageError('--ledger is postgres or sqlite')
  const gateways = readNumber('--gateways', values.gateways ?? (ledger === 'sqlite' ? '1' : '3'))
  if (!Number.isInteger(gateways)) throw new UsageError('--gateways is a whole number')
  if (ledger === 'sqlite' && gateways > 1) throw new UsageError('SQLite serves one gateway')
  const seed = values.seed === undefined ? randomInt(2 ** 31) : readNumber('--seed', values.seed)
  return { minutes: readNumber('--minutes', values.minutes), seed, ledger, gateways }
}

function readNumber(name: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new UsageError(`${name} is a number above 0`)
  return number
}
