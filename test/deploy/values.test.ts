import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import schema from '../../helm/databricks-job-gateway/values.schema.json' with { type: 'json' }
import { CHART } from './helm.ts'

interface Schema {
  properties?: Record<string, Schema>
  additionalProperties?: unknown
}

/** Paths of what a closed mapping may hold, its own closed mappings included. */
function pathsOf({ properties = {}, additionalProperties }: Schema, path: string): string[] {
  if (additionalProperties !== false) return [path]
  return Object.entries(properties).flatMap(([key, inner]) => pathsOf(inner, `${path}/${key}`))
}

/** The same of a value, as deep as the schema is closed. */
function pathsIn(value: unknown, { properties, additionalProperties }: Schema, path: string): string[] {
  if (additionalProperties !== false || typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, properties?.[key] ?? {}, `${path}/${key}`))
}

t.test('each value has a default and a place in the schema', async (t) => {
  const { global: _, ...properties } = schema.properties
  const closed: Schema = { ...schema, properties: properties as Record<string, Schema> }
  const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))
  t.same(pathsIn(values, closed, '').sort(), pathsOf(closed, '').sort())
})
