import type { Balance } from './balance.ts'
import type { Books } from './books.ts'
import type { Caller } from './caller.ts'
import type { Injected } from './faults.ts'
import type { ChaosOptions } from './options.ts'

export interface Result {
  options: ChaosOptions
  loadSeconds: number
  settleSeconds: number
  injected: Injected
  caller: Caller
  books: Books
  balance: Balance
  /** Calls, processes or answers that went wrong beside the books. */
  problems: string[]
}

/** How many of each problem are spelt out. */
const SHOWN = 20

/** The balance sheet, for people. */
export function formatSheet({
  options,
  loadSeconds,
  settleSeconds,
  injected,
  caller,
  books,
  balance,
  problems,
}: Result) {
  const { orders, kept, upstream } = books
  const calls = caller.calls()
  const attempts = kept.flatMap((run) => run.attempts)
  const repairs = attempts.filter(({ kind }) => kind === 'repair')
  const rows: [string, string | number][] = [
    ['seed', `${options.seed} (${options.ledger}, ${options.gateways} gateways, ${options.minutes} min)`],
    ['load', `${calls} calls in ${Math.round(loadSeconds)} s, ${Math.round(calls / loadSeconds)} a second`],
    ['cut with their gateway', caller.cut()],
    ['slowest answer', `${(caller.slowest() / 1000).toFixed(1)} s`],
    ['orders', orders.length],
    ['runs', kept.length],
    ['attempts', `${attempts.length}, ${repairs.length} of them repairs`],
    ['runs in Databricks', upstream.length],
    ['endings counted', books.endings.reduce((sum, { count }) => sum + count, 0)],
    [
      'faults',
      Object.entries(injected)
        .map(([kind, times]) => `${kind} ${times}`)
        .join(', '),
    ],
    ['settled after', `${settleSeconds.toFixed(1)} s`],
    ['duplicates', balance.duplicates.length],
    ['lost', balance.lost.length],
    ['miscounted', balance.miscounted.length],
    ['hung', caller.hung.length],
    ['other problems', problems.length],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const broken = [...Object.values(balance), caller.hung, problems].flatMap((list) => list.slice(0, SHOWN))
  return `${[...table, ...broken.map((line) => `- ${line}`)].join('\n')}\n`
}

export function isBalanced({ balance, caller, problems }: Result): boolean {
  return [...Object.values(balance), caller.hung, problems].every((list) => list.length === 0)
}
