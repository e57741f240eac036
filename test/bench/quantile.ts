/** The nearest-rank quantile; `share` in (0, 1]. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (found === undefined) throw new Error('nothing was measured')
  return found
}

export function median(values: number[]): number {
  return quantile(values, 0.5)
}
