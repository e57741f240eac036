import { lastRound, type Run, type RunIndex } from './run.ts'

export function createRunIndex(): RunIndex {
  return { all: [], active: new Set(), ended: [] }
}

export function forget(index: RunIndex, run: Run): void {
  index.active.delete(run)
  drop(index.all, run)
  drop(index.ended, run)
}

export function reopen(index: RunIndex, run: Run): void {
  drop(index.ended, run)
  index.active.add(run)
}

export interface ListFilter {
  readonly only: 'active' | 'ended' | undefined
  /** On the start, epoch ms, inclusive. */
  readonly from: number
  readonly to: number
}

/** Yields the runs that pass, newest first; `end_time` puts the unfinished ones, by start, before the ended ones. */
export function* listRuns(index: RunIndex, filter: ListFilter, order: 'end_time' | 'start_time'): Generator<Run> {
  const passes = (run: Run) => run.createdAt >= filter.from && run.createdAt <= filter.to
  if (order === 'start_time') {
    for (const run of backwards(index.all)) {
      if (run.createdAt < filter.from) return
      const active = index.active.has(run)
      if (passes(run) && (filter.only === undefined || active === (filter.only === 'active'))) yield run
    }
    return
  }
  if (filter.only !== 'ended') {
    yield* [...index.active].filter(passes).sort((a, b) => b.createdAt - a.createdAt || compareIds(b.id, a.id))
  }
  if (filter.only === 'active') return
  for (const run of backwards(index.ended)) {
    // No run starts after its end, so none of the rest can have started late enough.
    if (lastRound(run).end < filter.from) return
    if (passes(run)) yield run
  }
}

function* backwards(runs: readonly Run[]): Generator<Run> {
  for (let i = runs.length - 1; i >= 0; i--) {
    const run = runs[i]
    if (run) yield run
  }
}

function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1)
}

function drop(runs: Run[], run: Run): void {
  const at = runs.indexOf(run)
  if (at >= 0) runs.splice(at, 1)
}
