import { isRealDate } from '../dates.ts'
import { quote } from '../describe.ts'
import { compilePattern, findPatternProblem, readMaxLength } from '../pattern.ts'
import type { Finding, Path } from '../problem.ts'
import type { ParameterConfig, ParameterType } from '../schema/parameters.ts'
import { findFailed } from './context.ts'

type Scalar = string | number | boolean

const TYPES: Record<ParameterType, { holds(value: Scalar): boolean; expected: string }> = {
  string: { holds: (value) => typeof value === 'string', expected: 'text; write it in quotes' },
  integer: { holds: (value) => Number.isSafeInteger(value), expected: 'a whole number' },
  number: { holds: (value) => typeof value === 'number', expected: 'a number' },
  boolean: { holds: (value) => typeof value === 'boolean', expected: 'true or false' },
  date: {
    holds: (value) => typeof value === 'string' && isRealDate(value),
    expected: 'a day of the calendar, as YYYY-MM-DD',
  },
}

/** What a declaration says of itself: its rules fit its type, and its default and allowed values obey them. */
export function checkParameter(parameter: ParameterConfig, path: Path): Finding[] {
  const { type, required, pattern, max_length, minimum, maximum, default: value, enum: allowed = [] } = parameter
  const isText = type === 'string'
  const isNumber = type === 'integer' || type === 'number'
  const patternProblem = pattern === undefined ? undefined : findPatternProblem(pattern)
  const rules = { ...parameter, pattern: patternProblem ? undefined : pattern }
  return [
    ...findFailed([
      [pattern !== undefined && !isText, [...path, 'pattern'], `is only for type string, and this is ${type}`],
      [max_length !== undefined && !isText, [...path, 'max_length'], `is only for type string, and this is ${type}`],
      [minimum !== undefined && !isNumber, [...path, 'minimum'], `is only for numbers, and this is ${type}`],
      [maximum !== undefined && !isNumber, [...path, 'maximum'], `is only for numbers, and this is ${type}`],
      [
        minimum !== undefined && maximum !== undefined && minimum > maximum,
        [...path, 'maximum'],
        `must be at least minimum (${minimum}), but is ${maximum}`,
      ],
      [patternProblem !== undefined, [...path, 'pattern'], patternProblem ?? ''],
      [required && value !== undefined, [...path, 'default'], 'is never used: the parameter is required; take one out'],
    ]),
    ...allowed.flatMap((member, i) => explain(findBroken(rules, member), [...path, 'enum', i], member)),
    ...(value === undefined ? [] : explain(findBrokenDefault(rules, value), [...path, 'default'], value)),
  ]
}

type Rules = Omit<ParameterConfig, 'pattern'> & { pattern: string | undefined }

function findBrokenDefault(rules: Rules, value: Scalar): string | undefined {
  const broken = findBroken(rules, value)
  if (broken || !rules.enum || rules.enum.includes(value)) return broken
  return `must be one of its enum: ${rules.enum.join(', ')}`
}

function findBroken(rules: Rules, value: Scalar): string | undefined {
  const { type, pattern, minimum, maximum } = rules
  if (!TYPES[type].holds(value)) return `must be ${TYPES[type].expected}`
  if (typeof value === 'string') {
    const most = readMaxLength(rules)
    if (most !== undefined && Array.from(value).length > most) return `is longer than max_length (${most})`
    if (type === 'string' && pattern !== undefined && !compilePattern(pattern).test(value)) {
      return `does not match pattern ${pattern}`
    }
  }
  if (typeof value === 'number') {
    if (minimum !== undefined && value < minimum) return `must be at least minimum (${minimum})`
    if (maximum !== undefined && value > maximum) return `must be at most maximum (${maximum})`
  }
  return undefined
}

function explain(broken: string | undefined, path: Path, value: Scalar): Finding[] {
  const shown = typeof value === 'string' ? quote(value) : String(value)
  return broken === undefined ? [] : [{ path, message: `${broken}; it is ${shown}` }]
}
