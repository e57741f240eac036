import { formatCode } from './table.ts'

/** As much of JSON Schema as the configuration uses. */
export interface Schema {
  type?: string
  description?: string
  patternErrorMessage?: string
  default?: unknown
  const?: unknown
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  items?: Schema
  anyOf?: Schema[]
  required?: string[]
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
}

export interface Option {
  /** As seen from its section; entries by name are `NAME`. */
  path: string
  takes: string
  /** Its default, or that it has none. */
  otherwise: string
  description: string
}

/** Every option below a mapping, in the order of the schema. */
export function listOptions({ properties = {}, required = [] }: Schema, parents: readonly string[] = []): Option[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    describe(schema, [...parents, name], required.includes(name)),
  )
}

function describe(schema: Schema, path: readonly string[], required: boolean): Option[] {
  const [entry] = Object.values(schema.patternProperties ?? {})
  const variants = schema.anyOf?.filter(isMapping) ?? []
  const option = {
    path: path.join('.'),
    takes: describeType(schema),
    otherwise: describeDefault(schema, required),
    description: schema.description ?? '',
  }
  return [
    option,
    ...(entry ? listOptions(entry, [...path, 'NAME']) : []),
    ...(isReference(schema) ? [] : variants.flatMap((variant) => describeVariant(variant, path))),
    ...listOptions(schema, path),
  ]
}

/** One of several kinds of mapping: its first option, a constant, says which. */
function describeVariant(variant: Schema, path: readonly string[]): Option[] {
  const [first, ...rest] = listOptions(variant, path)
  return first ? [{ ...first, description: variant.description ?? '' }, ...rest] : []
}

function isMapping({ properties }: Schema): boolean {
  return properties !== undefined
}

/** A few ways to write one value, such as `{ env: … }` or `{ file: … }`: none is named by a constant. */
function isReference({ anyOf = [] }: Schema): boolean {
  return anyOf.length > 0 && anyOf.every(({ properties }) => properties && !Object.values(properties).some(isConstant))
}

function isConstant({ const: constant }: Schema): boolean {
  return constant !== undefined
}

function describeDefault({ default: value }: Schema, required: boolean): string {
  if (value !== undefined && !isEmptyMapping(value)) return formatCode(value)
  return required ? '**required**' : ''
}

function isEmptyMapping(value: unknown): boolean {
  return JSON.stringify(value) === '{}'
}

function describeType(schema: Schema): string {
  const { type, anyOf, items, patternErrorMessage, const: constant } = schema
  if (constant !== undefined) return formatCode(constant)
  if (isReference(schema)) return (anyOf ?? []).map(describeReference).join(' or ')
  if (anyOf) return anyOf.some(isMapping) ? 'one of these' : anyOf.map(describeType).join(' · ')
  if (patternErrorMessage !== undefined) return patternErrorMessage
  switch (type) {
    case 'null':
      return '`null`'
    case 'boolean':
      return '`true` · `false`'
    case 'integer':
      return `whole number${describeRange(schema)}`
    case 'number':
      return `number${describeRange(schema)}`
    case 'array':
      return items ? `list: ${describeType(items)}` : 'list'
    case 'object':
      return schema.patternProperties ? 'entries by name' : 'mapping'
    default:
      return schema.maxLength === undefined ? 'text' : `text, ${schema.maxLength} characters at most`
  }
}

function describeReference({ properties = {} }: Schema): string {
  const names = Object.keys(properties).map((name) => `${name}: …`)
  return formatCode(`{ ${names.join(', ')} }`)
}

function describeRange({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const low = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`
  if (low !== undefined && maximum !== undefined) return `, ${low} to ${maximum}`
  if (low !== undefined) return `, from ${low}`
  return maximum === undefined ? '' : `, to ${maximum}`
}
