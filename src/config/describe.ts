import type { TSchema } from '@sinclair/typebox'
import { closest, distance } from 'fastest-levenshtein'
import { isMapping } from './tree.ts'

/** What a value should have been, as the end of "must be …". */
export function describeExpected(schema: TSchema): string {
  if (schema['patternErrorMessage']) return schema['patternErrorMessage']
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema
  switch (schema['type']) {
    case 'integer':
      return `a whole number${describeRange(minimum, maximum)}`
    case 'number':
      return `a number${describeRange(minimum, maximum)}`
    case 'string':
      if (maxLength !== undefined) return `text of ${minLength ?? 0} to ${maxLength} characters`
      return minLength === undefined ? 'text' : 'text that is not empty'
    case 'boolean':
      return 'true or false'
    case 'array':
      if (maxItems !== undefined) return `a list of ${minItems ?? 0} to ${maxItems} entries`
      return minItems === undefined ? 'a list' : 'a list that is not empty'
    case 'object':
      return 'a mapping of keys and values'
    case 'null':
      return 'null'
    default:
      return describeUnion(schema)
  }
}

function describeRange(minimum?: number, maximum?: number): string {
  return minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`
}

function describeUnion(schema: TSchema): string {
  const variants: TSchema[] = schema['anyOf'] ?? []
  const constants = variants.filter((variant) => variant['const'] !== undefined)
  if (constants.length > 0) return `one of ${constants.map((variant) => variant['const']).join(', ')}`
  const types = [...variantsByType(schema).keys()]
  if (types.length > 0) return `a mapping with type: one of ${types.join(', ')}`
  return variants.map(describeExpected).join(' or ')
}

/** The variants of a union that a constant `type` tells apart, by that type; none for other schemas. */
export function variantsByType(schema: TSchema): Map<unknown, TSchema> {
  const variants: TSchema[] = schema['anyOf'] ?? []
  return new Map(
    variants.flatMap((variant) => {
      const type = variant['properties']?.type?.const
      return type === undefined ? [] : [[type, variant] as const]
    }),
  )
}

/** What the value is instead, as the end of a sentence, with the cure where there is an obvious one. */
export function describeFound(schema: TSchema, value: unknown): string {
  if (value === null) return ', but is empty'
  if (Array.isArray(value)) return ', but is a list'
  if (isMapping(value)) return ', but is a mapping'
  // Text where a mapping or list belongs may be anything, a secret too.
  if (schema['type'] === 'object' || schema['type'] === 'array') return `, but is a ${typeof value}`
  if (typeof value === 'string') return `, but is ${quote(value)}`
  return `, but is ${value}${schema['type'] === 'string' ? '; write it in quotes' : ''}`
}

/** Text in quotes, cut when long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}

export function describeUnknownKey(key: string, known: readonly string[], mayList: boolean): string {
  if (key === '<<') return 'merge keys (<<) are not read; put shared values under job_defaults'
  const near = closest(key, known)
  const subject = mayList ? 'is no known key' : 'holds a key that is not known'
  return distance(key, near) <= Math.min(3, Math.floor(near.length / 2))
    ? `${subject}; did you mean ${near}?`
    : `${subject}; known here: ${known.join(', ')}`
}
