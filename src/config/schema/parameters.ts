import { type Static, Type } from '@sinclair/typebox'
import { PATTERN_LENGTH } from '../pattern.ts'
import { closed, oneOf } from './names.ts'

const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()])

const ParameterSchema = closed(
  {
    type: oneOf(['string', 'integer', 'number', 'boolean', 'date'], {
      default: 'string',
      description: 'What a value must be. Databricks gets text; a date is sent as YYYY-MM-DD.',
    }),
    required: Type.Boolean({ default: false, description: 'true refuses a trigger without this parameter.' }),
    default: Type.Optional({ ...scalar, description: 'Sent when the caller gives no value.' }),
    enum: Type.Optional(
      Type.Array(scalar, { minItems: 1, uniqueItems: true, description: 'The only values that are taken.' }),
    ),
    pattern: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Regular expression (JavaScript, flag u) that the whole value must match; for type string.',
      }),
    ),
    max_length: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: `Most characters of a value; for type string. Left out: ${PATTERN_LENGTH} with a pattern.`,
      }),
    ),
    minimum: Type.Optional(Type.Number({ description: 'Least value; for types integer and number.' })),
    maximum: Type.Optional(Type.Number({ description: 'Greatest value; for types integer and number.' })),
    description: Type.Optional(Type.String({ maxLength: 2000, description: 'What it means, for callers.' })),
  },
  { description: 'One parameter that a trigger may carry.' },
)

export type ParameterConfig = Static<typeof ParameterSchema>
export type ParameterType = ParameterConfig['type']

/** Any one-line name that Databricks may know, as notebooks choose freely; only the one that JavaScript reserves is out. */
export const ParametersSchema = Type.Record(Type.String(), ParameterSchema, {
  default: {},
  description: 'Parameters that a trigger may carry, by name and in order. None declared: none taken.',
  propertyNames: {
    pattern: '^(?!__proto__$)(?!\\s)[^\\r\\n]{1,100}$',
    patternErrorMessage: '1 to 100 characters on one line, not starting with a space',
  },
})
