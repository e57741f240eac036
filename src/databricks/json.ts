declare global {
  interface JSON {
    /** ES2026; not in TypeScript's own declarations yet. */
    rawJSON(text: string): unknown
  }
}

/** Fields of the Jobs API that hold int64 ids, alone or in an array. */
const idFields = new Set([
  'run_id',
  'job_id',
  'number_in_job',
  'original_attempt_run_id',
  'job_run_id',
  'parent_run_id',
  'id',
  'repair_id',
  'latest_repair_id',
  'task_run_ids',
])

const integer = /^-?\d+$/
const decimalId = /^(0|[1-9]\d*)$/

/** Only an integer of so many digits can be more than a double holds. */
const manyDigits = /\d{16}/

/**
 * Reads a Databricks answer. Ids become decimal strings, and so does any other integer that a double would corrupt.
 * Throws SyntaxError.
 */
export function parseWithIds(text: string): unknown {
  // With their source, the values of a page of runs take four times as long.
  return writeIds(manyDigits.test(text) ? JSON.parse(text, keepExact) : JSON.parse(text))
}

function keepExact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && integer.test(source) ? source : value
}

/** Makes strings of the ids in a parsed value, in place. */
function writeIds(value: unknown): unknown {
  if (Array.isArray(value)) {
    for (const one of value) writeIds(one)
  } else if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>
    for (const name of Object.keys(fields)) {
      const field = writeIds(fields[name])
      if (idFields.has(name)) fields[name] = Array.isArray(field) ? field.map(toId) : toId(field)
    }
  }
  return value
}

function toId(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}

/**
 * Writes a request body in which `ids` are JSON numbers of exactly these digits, and `fields` is written as it is: a job
 * parameter may well be called `run_id` and must stay a string. Throws TypeError on an id that is not decimal.
 */
export function stringifyWithIds(ids: Record<string, string>, fields: object = {}): string {
  const raw = Object.entries(ids).map(([name, id]) => {
    if (!decimalId.test(id)) {
      throw new TypeError(`${name} must be a decimal number, not ${JSON.stringify(id)}`)
    }
    return [name, JSON.rawJSON(id)]
  })
  return JSON.stringify({ ...Object.fromEntries(raw), ...fields })
}
