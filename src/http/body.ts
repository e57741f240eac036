import { GatewayError } from '../runs/errors.ts'
import { givenTwice, PARAMETER_PREFIX } from './given-parameters.ts'
import { FORM_OPTIONS } from './schemas/options.ts'

/**
 * A trigger's body as one object, whatever it was sent as: JSON under any content type, or a form. Pure.
 * @throws GatewayError invalid-request
 */
export function readBody(text: string, contentType: string | undefined): unknown {
  const trimmed = text.trim()
  if (trimmed === '') return {}
  if (!isForm(contentType)) return readJson(trimmed)
  // `curl -d '{…}'` calls its JSON a form.
  if (!trimmed.startsWith('{')) return readForm(trimmed)
  try {
    return readJson(trimmed)
  } catch {
    return readForm(trimmed)
  }
}

export function isForm(contentType: string | undefined): boolean {
  return /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')
}

function readJson(text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    // Control-M writes ends of lines in a body as %4E; between tokens they can be nothing else. A string without an end
    // goes to the end of the text: were it to match nothing, each quote in it would be tried anew, in quadratic time.
    const mended = text.replaceAll(/"(?:[^"\\]|\\.)*(?:"|\\?$)|%4E/gs, (part) => (part === '%4E' ? '\n' : part))
    if (mended !== text) {
      try {
        return parse(mended)
      } catch {
        // The first error tells what the caller wrote.
      }
    }
    const reason = error instanceof Error ? error.message : String(error)
    throw new GatewayError(
      'invalid-request',
      `The body is no JSON (${reason}). Send {"parameters":{…}}, or a form as application/x-www-form-urlencoded.`,
    )
  }
}

/** Integers that a double would change stay as they were written. */
function parse(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    const source = context?.source ?? ''
    return /^-?\d+$/.test(source) ? source : value
  })
}

/** Options by their names; every other field, and every p.NAME, is a job parameter. */
function readForm(text: string): unknown {
  const options = new Map<string, string>()
  const parameters = new Map<string, string>()
  for (const [field, value] of new URLSearchParams(text)) {
    const isOption = FORM_OPTIONS.has(field)
    const name = field.startsWith(PARAMETER_PREFIX) ? field.slice(PARAMETER_PREFIX.length) : field
    const into = isOption ? options : parameters
    const before = into.get(name)
    if (before !== undefined && before !== value) throw givenTwice(name, before, value)
    into.set(name, value)
  }
  return { ...Object.fromEntries(options), parameters: Object.fromEntries(parameters) }
}
