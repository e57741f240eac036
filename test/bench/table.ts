import type { Figure } from './bench.ts'

/** One line a figure, with columns as wide as what stands in them. */
export function formatTable(figures: (Figure & { row: string })[]): string {
  const head = ['', 'row', 'what', 'measured', 'target', 'how']
  const lines = figures.map(({ row, what, measured, target, met, how }) => [
    met ? 'ok' : 'MISSED',
    row,
    what,
    measured,
    target,
    how,
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)))
  const pad = (line: string[]) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [head, ...lines].map((line) => `${pad(line)}\n`).join('')
}
