/** Seconds of each unit that a span of time may be given in. */
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** A whole number and a unit, above 0: 90m. */
export const SPAN_PATTERN = '^[1-9][0-9]{0,5}[smhd]$'

/** Seconds of a span of time that has SPAN_PATTERN. */
export function readSpan(text: string): number {
  return Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? Number.NaN)
}
