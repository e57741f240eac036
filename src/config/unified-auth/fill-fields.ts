import { createMapping, type Mapping } from '../tree.ts'
import type { Place, Source } from './attributes.ts'
import type { Field } from './kinds.ts'

interface Filled {
  /** Secrets as references. */
  content: Mapping
  /** By key. */
  places: Map<string, Place>
  /** Keys without a value that need one, and where it could be. */
  missing: Map<string, Place>
}

/** The keys of our configuration that the source has something for. */
export function fillFields(fields: Readonly<Record<string, Field>>, { values, placeOf }: Source): Filled {
  const filled: Filled = { content: createMapping(), places: new Map(), missing: new Map() }
  for (const [key, { from, secret, optional }] of Object.entries(fields)) {
    const [value] = from.flatMap((attribute) => values[attribute] ?? [])
    if (value) {
      filled.content[key] = secret ? createMapping(Object.entries(value.ref)) : value.text
      filled.places.set(key, value.place)
    } else if (!optional) {
      filled.missing.set(key, placeOf(from[0]))
    }
  }
  return filled
}
