import type { Path } from './problem.ts'

/** What YAML holds, before it is checked. A bigint is a whole number that a double cannot hold exactly. */
export type Tree = Mapping | Tree[] | string | number | bigint | boolean | null

/** Without a prototype, so that a job called `constructor` is a job and nothing else answers to that name. */
export interface Mapping {
  [key: string]: Tree
}

export function createMapping(entries: Iterable<readonly [string, Tree]> = []): Mapping {
  const mapping: Mapping = Object.create(null)
  for (const [key, value] of entries) mapping[key] = value
  return mapping
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The mapping under a key; empty when there is none, or something else. */
export function mappingAt(tree: Mapping, key: string): Mapping {
  const value = tree[key]
  return isMapping(value) ? value : createMapping()
}

/** Key by key, the second wins; lists and scalars are replaced whole. */
export function merge(under: Mapping, over: Mapping): Mapping {
  const merged = createMapping(Object.entries(under))
  for (const [key, value] of Object.entries(over)) {
    const former = merged[key]
    merged[key] = isMapping(former) && isMapping(value) ? merge(former, value) : value
  }
  return merged
}

export function has(tree: Tree | undefined, path: Path): boolean {
  let value = tree
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)]
    else value = isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return value !== undefined
}
