import { type ObjectOptions, type SchemaOptions, type TProperties, type TSchema, Type } from '@sinclair/typebox'

/** Every mapping is closed: a key that nothing reads is an error, never silently ignored. */
export function closed<T extends TProperties>(properties: T, options: ObjectOptions) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

/** One of a closed set of values; published as `anyOf` of constants, each offered by editors. */
export function oneOf<const T extends readonly (string | number)[]>(values: T, options: SchemaOptions) {
  return Type.Unsafe<T[number]>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      options,
    ),
  )
}

/** Entries by name. A name is a URL segment and a metric label: it starts with a letter or digit, so never `.` or `..`. */
export function byName<T extends TSchema>(entry: T, description: string) {
  return Type.Record(Type.String(), entry, {
    default: {},
    description,
    propertyNames: {
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$',
      patternErrorMessage: '1 to 100 characters of A-Z a-z 0-9 . _ - starting with a letter or digit',
    },
  })
}

/** `YYYY-MM-DD`; that the day exists is checked apart, as JSON Schema cannot say it. */
export function dateOnly(description: string) {
  return Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}$',
    patternErrorMessage: 'a date such as 2027-01-31',
    description,
  })
}
