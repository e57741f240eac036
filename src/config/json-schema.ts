import type { TSchema } from '@sinclair/typebox'
import { ConfigFileSchema } from './schema.ts'

/**
 * What a file must hold, beside what the program holds: a property with a default may be left out. A default that does
 * not apply where it stands (a client's options come from its profile) is not shown.
 */
export function asWritten(schema: TSchema): TSchema {
  const written = { ...schema }
  if (schema['items']) written['items'] = asWritten(schema['items'])
  if (schema['anyOf']) written['anyOf'] = schema['anyOf'].map(asWritten)
  if (schema['patternProperties']) written['patternProperties'] = mapValues(schema['patternProperties'], asWritten)
  if (schema['properties']) {
    const properties: Record<string, TSchema> = schema['properties']
    const present: string[] = schema['required'] ?? []
    written['properties'] = mapValues(properties, (property, name) => {
      const { default: value, ...rest } = asWritten(property)
      return present.includes(name) && value !== undefined ? { ...rest, default: value } : rest
    })
    const needed = present.filter((name) => properties[name]?.default === undefined)
    if (needed.length > 0) written['required'] = needed
    else delete written['required']
  }
  return written
}

/** JSON Schema of one configuration file, for editors; `openapi/config.schema.json` holds it. */
export function configJsonSchema(): object {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...asWritten(ConfigFileSchema) }
}

function mapValues(record: Record<string, TSchema>, change: (schema: TSchema, key: string) => TSchema) {
  return Object.fromEntries(Object.entries(record).map(([key, schema]) => [key, change(schema, key)]))
}
