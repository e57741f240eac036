import { quantile } from '../quantile.ts'
import type { EndpointCalls } from './calls.ts'
import type { Verdict } from './judge.ts'

/** Whether nothing was lost, nothing ran twice, and every end is told as it was. */
export function isRight({ planned, right, surplus }: Verdict): boolean {
  return right === planned && surplus === 0
}

export function countAll(calls: Record<string, EndpointCalls>): number {
  return Object.values(calls).reduce((sum, { all }) => sum + all, 0)
}

/** Those that were not answered with 429. */
export function countAnswered(calls: Record<string, EndpointCalls>): number {
  return Object.values(calls).reduce((sum, { all, throttled }) => sum + all - throttled, 0)
}

/** `run-now 2000, runs/get 812 (3 × 429)`, most first. */
export function listCalls(calls: Record<string, EndpointCalls>): string {
  return Object.entries(calls)
    .toSorted(([, a], [, b]) => b.all - a.all)
    .map(([endpoint, { all, throttled }]) => `${endpoint} ${all}${throttled > 0 ? ` (${throttled} × 429)` : ''}`)
    .join(', ')
}

export function lagsOf({ ends }: Pick<Verdict, 'ends'>): number[] {
  return ends.map(({ lagS }) => lagS)
}

/** `lag p50 2.1 s, p95 8.0 s, max 14.2 s`. */
export function describeLag(lagS: number[]): string {
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => `${quantile(lagS, share).toFixed(1)} s`)
  return `lag p50 ${p50}, p95 ${p95}, max ${max}`
}

export function describeRight({ planned, right, surplus }: Verdict): string {
  return `${right} of ${planned} outcomes right${surplus === 0 ? '' : `, ${surplus} runs too many`}`
}

/** Of a verdict, for bench.json. */
export function listValues(verdict: Verdict): Record<string, number> {
  const { planned, right, surplus, submitS, calls } = verdict
  const lagS = lagsOf(verdict)
  return {
    runs: planned,
    right,
    surplus,
    lag_p50_s: quantile(lagS, 0.5),
    lag_p95_s: quantile(lagS, 0.95),
    lag_max_s: quantile(lagS, 1),
    submit_max_s: quantile(submitS, 1),
    ...Object.fromEntries(
      Object.entries(calls).flatMap(([endpoint, { all, throttled, busiestPerSecond }]) => [
        [`calls ${endpoint}`, all],
        [`throttled ${endpoint}`, throttled],
        [`busiest_per_s ${endpoint}`, busiestPerSecond],
      ]),
    ),
  }
}
