import type { TSchema } from '@sinclair/typebox'
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value'
import { describeExpected, describeFound, describeUnknownKey, variantsByType } from './describe.ts'
import { asWritten } from './json-schema.ts'
import type { Finding, Path } from './problem.ts'
import { ConfigFileSchema } from './schema.ts'
import { isMapping, type Mapping } from './tree.ts'

const written = asWritten(ConfigFileSchema)

/** Everything that the schema says is wrong, each place once: unknown and missing keys, types, bounds, names. */
export function checkStructure(tree: Mapping): Finding[] {
  return [...findMismatches(written, tree, []), ...findBadNames(written, tree, [])]
}

function findMismatches(schema: TSchema, value: unknown, path: Path): Finding[] {
  const findings = new Map<string, Finding[]>()
  for (const error of Value.Errors(schema, value)) {
    // The first error at a place is the telling one; the others follow from it.
    if (!findings.has(error.path)) findings.set(error.path, explain(error, [...path, ...stepsOf(error.path, value)]))
  }
  return [...findings.values()].flat()
}

function explain(error: ValueError, path: Path): Finding[] {
  const { schema, type, value } = error
  switch (type) {
    case ValueErrorType.ObjectRequiredProperty:
      return [{ path, message: `is missing: ${schema.description ?? describeExpected(schema)}` }]
    case ValueErrorType.ObjectAdditionalProperties: {
      const key = String(path.at(-1))
      // Under a secret even a key may be the secret, written in the wrong place: say where, not what.
      const shown = holdsSecrets(path) ? path.slice(0, -1) : path
      return [{ path: shown, message: describeUnknownKey(key, Object.keys(schema['properties']), shown === path) }]
    }
    case ValueErrorType.ArrayUniqueItems:
      return [{ path, message: 'holds the same entry twice; take one out' }]
    default: {
      const variant = isMapping(value) ? variantsByType(schema).get(value['type']) : undefined
      if (variant && isMapping(value)) {
        const mixed = findMixed(schema, value, path)
        return mixed.length > 0 ? mixed : findMismatches(variant, value, path)
      }
      const found = holdsSecrets(path) ? '' : describeFound(schema, value)
      return [{ path, message: `must be ${describeExpected(schema)}${found}` }]
    }
  }
}

/** Keys that another variant of the union has and the chosen one has not: two kinds in one. */
function findMixed(union: TSchema, value: Mapping, path: Path): Finding[] {
  const variants = variantsByType(union)
  const chosen = variants.get(value['type'])?.['properties'] ?? {}
  return Object.keys(value).flatMap((key) => {
    const others = [...variants].filter(([, { properties }]) => Object.hasOwn(properties, key)).map(([type]) => type)
    if (others.length === 0 || Object.hasOwn(chosen, key)) return []
    const message = `belongs to type ${others.join(' or ')}, and type is ${value['type']}: two kinds in one; keep one of them`
    return [{ path: [...path, key], message }]
  })
}

/** Where a literal secret may stand by mistake; no value below is ever shown. */
function holdsSecrets(path: Path): boolean {
  const [section, key, inner] = path
  return (
    (section === 'workspaces' && inner === 'auth') ||
    (section === 'clients' && inner === 'keys') ||
    (section === 'server' && key === 'signing_keys') ||
    (section === 'ledger' && (key === 'url' || key === 'password'))
  )
}

/** TypeBox does not look at `propertyNames`. */
function findBadNames(schema: TSchema, value: unknown, path: Path): Finding[] {
  if (!isMapping(value)) return []
  const { propertyNames: names, patternProperties: entries = {}, properties = {} } = schema
  return Object.entries(value).flatMap(([name, child]) => {
    const at = [...path, name]
    const inner: TSchema | undefined = Object.hasOwn(properties, name) ? properties[name] : Object.values(entries)[0]
    const below = inner ? findBadNames(inner, child, at) : []
    if (!names || new RegExp(names.pattern).test(name)) return below
    return [{ path: at, message: `is no usable name: ${names.patternErrorMessage}` }, ...below]
  })
}

/** A JSON pointer (RFC 6901) as a path, with positions in lists as numbers. */
function stepsOf(pointer: string, root: unknown): Path {
  let value = root
  return pointer
    .split('/')
    .slice(1)
    .map((escaped) => {
      const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
      const step = Array.isArray(value) ? Number(key) : key
      value = Array.isArray(value) ? value[Number(key)] : isMapping(value) ? value[key] : undefined
      return step
    })
}
