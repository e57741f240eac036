import { closest } from 'fastest-levenshtein'
import type { FastifySchemaValidationError } from 'fastify/types/schema.js'

/** What Ajv tells with `verbose`, beside what Fastify declares. */
interface Finding extends FastifySchemaValidationError {
  data?: unknown
  parentSchema?: { properties?: Record<string, unknown>; examples?: unknown[] }
}

const PLACES: Record<string, string> = {
  querystring: 'Query parameter',
  params: 'Path parameter',
  headers: 'Header',
  body: 'Member',
}

/** One sentence about what a schema refused: which value, what is taken, and the nearest name for an unknown one. */
export function describeFinding(finding: Finding, context: string): string {
  const { keyword, params, instancePath, parentSchema, data } = finding
  const place = PLACES[context] ?? 'Value'
  const known = Object.keys(parentSchema?.properties ?? {})
  if (keyword === 'additionalProperties') {
    return explainUnknown(place, String(params['additionalProperty']), known)
  }
  if (keyword === 'required') return `${place} ${params['missingProperty']} is missing.`
  const name = instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
  if (name === '')
    return `The body is no JSON object; it takes one such as ${JSON.stringify(parentSchema?.examples?.[0])}.`
  if (Array.isArray(data) && context !== 'body') return `${place} ${name} is given ${data.length} times. Send it once.`
  return `${place} ${name} is ${show(data)}; it ${explainRule(keyword, params)}.`
}

function explainUnknown(place: string, name: string, known: string[]): string {
  const unknown = `${place} ${show(name)} is not known`
  if (known.includes('parameters')) {
    return `${unknown}; did you mean ${closest(name, known)}? Job parameters go into parameters, as in {"parameters":{${show(name)}:"…"}}.`
  }
  if (known.length === 0) return `${unknown}; this call takes none.`
  return `${unknown}; did you mean ${closest(name, known)}? This call takes ${list(known)}.`
}

function explainRule(keyword: string, params: Record<string, unknown>): string {
  switch (keyword) {
    case 'type':
      return `takes ${article(String(params['type']))}`
    case 'enum':
      return `takes ${list([params['allowedValues']].flat().map(String))}`
    case 'minimum':
      return `takes ${params['limit']} or more`
    case 'maximum':
      return `takes ${params['limit']} or less`
    case 'maxLength':
      return `takes at most ${params['limit']} characters`
    case 'minLength':
      return 'must not be empty'
    case 'pattern':
      return `takes what fits ${params['pattern']}`
    default:
      return `fails ${keyword}`
  }
}

function article(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}

function list(names: string[]): string {
  return names.join(', ')
}

/** Short, on one line. */
function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
