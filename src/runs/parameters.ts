import { readMaxLength } from '../config/pattern.ts'
import type { JobConfig } from '../config/schema/jobs.ts'
import { LIST_KINDS } from '../config/schema/jobs.ts'
import type { ParameterConfig, ParameterType } from '../config/schema/parameters.ts'
import { type DateInput, readDate } from './dates.ts'
import { GatewayError } from './errors.ts'
import type { ParameterValues } from './run.ts'

type Value = ParameterValues[string]

export interface Parameters {
  /** What the caller sent, typed and normalised: what a repeated key is compared with. */
  sent: ParameterValues
  /** With the defaults of what was left out. */
  values: ParameterValues
}

/** Thrown inside; problems are told together. */
class Problem extends Error {}

/** A body may hold ten thousand names that are none, each of which is explained at length. */
const MOST_TOLD = 10

/**
 * Types and checks what a caller sent for a job: unknown and missing names, types, bounds. Pure.
 * @throws GatewayError invalid-parameters, with the first problems in one detail
 */
export function readParameters(job: JobConfig, given: Record<string, unknown>, dateInput?: DateInput): Parameters {
  const problems: string[] = []
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problems.push(error.message)
      return undefined
    }
  }
  const sent: ParameterValues = {}
  for (const name of Object.keys(given).sort()) {
    if (problems.length >= MOST_TOLD) break
    const value = attempt(() => readGiven(job, name, given[name], dateInput))
    if (value !== undefined) sent[name] = value
  }
  const values: ParameterValues = { ...sent }
  for (const [name, rule] of Object.entries(job.parameters)) {
    if (Object.hasOwn(given, name)) continue
    if (rule.required) problems.push(`${name} is required${rule.description ? ` (${rule.description})` : ''}`)
    else if (rule.default !== undefined) {
      const value = attempt(() => readValue(name, rule.default, rule, undefined))
      if (value !== undefined) values[name] = value
    }
  }
  if (problems.length > 0) throw new GatewayError('invalid-parameters', `${list(problems)}.`)
  return { sent, values }
}

function readGiven(job: JobConfig, name: string, value: unknown, dateInput?: DateInput): Value {
  const rule = Object.hasOwn(job.parameters, name) ? job.parameters[name] : undefined
  if (rule) return readValue(name, value, rule, dateInput)
  const known = Object.keys(job.parameters)
  if (!job.additional_parameters || isList(job)) {
    const takes = known.length > 0 ? `it takes ${known.join(', ')}` : 'it takes none'
    throw new Problem(`${show(name)} is not a parameter of this job; ${takes}`)
  }
  if (!NAME.test(name)) throw new Problem(`${show(name)} is no parameter name: at most 100 characters on one line`)
  return readString(name, value)
}

function list(problems: string[]): string {
  const told = problems.slice(0, MOST_TOLD).join('; ')
  return problems.length < MOST_TOLD ? told : `${told}; and perhaps more`
}

const NAME = /^(?!__proto__$)(?!\s)[^\r\n]{1,100}$/

function readValue(name: string, value: unknown, rule: ParameterConfig, dateInput?: DateInput): Value {
  const read = READERS[rule.type](name, value, dateInput)
  if (rule.enum && !rule.enum.some((allowed) => allowed === read)) {
    throw new Problem(`${name} is ${show(value)}; allowed are ${rule.enum.map(show).join(', ')}`)
  }
  if (typeof read === 'number') {
    if (rule.minimum !== undefined && read < rule.minimum)
      throw new Problem(`${name} is ${read}; at least ${rule.minimum}`)
    if (rule.maximum !== undefined && read > rule.maximum)
      throw new Problem(`${name} is ${read}; at most ${rule.maximum}`)
  }
  if (typeof read === 'string') {
    const most = readMaxLength(rule)
    if (most !== undefined && Array.from(read).length > most) {
      throw new Problem(`${name} is longer than ${most} characters`)
    }
    if (rule.pattern !== undefined && !matcher(rule.pattern).test(read)) {
      throw new Problem(`${name} is ${show(value)}; it must match ${rule.pattern}`)
    }
  }
  return read
}

const READERS: Record<ParameterType, (name: string, value: unknown, dateInput?: DateInput) => Value> = {
  string: readString,

  integer(name, value) {
    const number = typeof value === 'string' && /^[+-]?\d{1,16}$/.test(value) ? Number(value) : value
    if (Number.isSafeInteger(number)) return Number(number)
    throw new Problem(`${name} is ${show(value)}; it takes a whole number such as 42, within ±(2^53 − 1)`)
  },

  number(name, value) {
    const number =
      typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : value
    if (Number.isFinite(number)) return Number(number)
    throw new Problem(`${name} is ${show(value)}; it takes a number such as 2.5`)
  },

  boolean(name, value) {
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
    throw new Problem(`${name} is ${show(value)}; it takes true or false`)
  },

  date(name, value, dateInput) {
    const date = readDate(value, dateInput)
    if ('iso' in date) return date.iso
    throw new Problem(`${name} is ${show(value)}; ${date.problem}`)
  },
}

function readString(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Problem(`${name} is ${show(value)}; it takes text`)
}

const matchers = new Map<string, RegExp>()

/** Anchored whole, as the configuration checked it. */
function matcher(pattern: string): RegExp {
  const known = matchers.get(pattern) ?? new RegExp(`^(?:${pattern})$`, 'u')
  matchers.set(pattern, known)
  return known
}

export function isList(job: Pick<JobConfig, 'parameters_as'>): boolean {
  return (LIST_KINDS as readonly string[]).includes(job.parameters_as)
}

/** A value as an error shows it: short, one line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
