/** JSON with exact int64 ids: a double keeps only 53 bits, an id of a workspace may have 63. */

/** The part of the JSON.parse source text proposal that Node implements and TypeScript's library does not know yet. */
const exact = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown
  rawJSON(text: string): object
}

const MAX_INT64 = 2n ** 63n - 1n

/** Parses JSON; an integer that a double cannot hold comes back as a bigint. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value,
  )
}

/** A decimal id as the raw digits of a JSON number. */
export function digits(id: string): object {
  return exact.rawJSON(id)
}

/** The decimal text of a positive int64, or undefined for anything else. */
export function toId(value: unknown): string | undefined {
  if (typeof value === 'string' && !/^\d{1,19}$/.test(value)) return undefined
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const id = BigInt(value)
  return id > 0n && id <= MAX_INT64 ? id.toString() : undefined
}
