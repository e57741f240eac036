import { type SchemaOptions, type Static, type TSchema, Type } from '@sinclair/typebox'

/** Null when there is nothing to say; a JSON Schema of 2020-12, so without `nullable`. */
export function nullable<T extends TSchema>(schema: T) {
  const { type, enum: values, ...rest }: TSchema = schema
  const choices = Array.isArray(values) ? { enum: [...values, null] } : {}
  return Type.Unsafe<Static<T> | null>({ type: [type, 'null'], ...choices, ...rest })
}

/** One of a closed set of texts; an `enum`, which validators explain better than a union of constants. */
export function choice<const T extends readonly string[]>(values: T, options: SchemaOptions = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options })
}

export function instant(description: string) {
  return Type.String({ format: 'date-time', description, examples: ['2026-11-22T20:00:00.000Z'] })
}

/** Decimal: Databricks' ids are int64, more than a JSON number can carry. */
export function databricksId(description: string) {
  return Type.String({ pattern: '^[0-9]{1,19}$', description, examples: ['41847992357943'] })
}
