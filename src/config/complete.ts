import type { TSchema } from '@sinclair/typebox'
import { parseHost } from './host.ts'
import { type Config, ConfigFileSchema } from './schema.ts'
import { createMapping, isMapping, type Mapping, mappingAt, merge, type Tree } from './tree.ts'

/**
 * The configuration that a tree without structural errors means: job_defaults under each job, defaults filled in,
 * hosts and hashes in their one spelling. A job stays without a workspace ('') when it cannot be told which.
 */
export function complete(tree: Mapping): Config {
  const { include: _include, job_defaults: _defaults, ...sections } = tree
  const workspaces = Object.keys(mappingAt(tree, 'workspaces'))
  const under = merge(
    createMapping([['workspace', workspaces.length === 1 ? (workspaces[0] ?? '') : '']]),
    mappingAt(tree, 'job_defaults'),
  )
  sections['jobs'] = mapMapping(mappingAt(tree, 'jobs'), (job) => merge(under, job))
  sections['clients'] = mapMapping(mappingAt(tree, 'clients'), (client, name) =>
    merge(createMapping([['id', name]]), client),
  )
  // The structure was checked against the same schema, so what comes out has its type.
  const config = fillIn(ConfigFileSchema, createMapping(Object.entries(sections))) as unknown as Config
  for (const workspace of Object.values(config.workspaces)) {
    const host = parseHost(workspace.host, workspace.allow_http)
    if ('problem' in host) continue
    workspace.host = host.origin
    if (host.workspaceId !== undefined) workspace.workspace_id ??= host.workspaceId
  }
  for (const client of Object.values(config.clients)) client.keys = client.keys.map((key) => key.toLowerCase())
  if (config.server.public_url) config.server.public_url = config.server.public_url.replace(/\/+$/, '')
  return config
}

/** Gives every property that must be there its default. */
function fillIn(schema: TSchema, value: Tree | undefined): Tree | undefined {
  const present = value === undefined ? toTree(schema.default) : value
  if (!isMapping(present)) return present
  const filled = createMapping(Object.entries(present))
  const required: string[] = schema['required'] ?? []
  for (const [key, property] of Object.entries<TSchema>(schema['properties'] ?? {})) {
    if (present[key] === undefined && !required.includes(key)) continue
    const child = fillIn(property, present[key])
    if (child !== undefined) filled[key] = child
  }
  const [entry] = Object.values<TSchema>(schema['patternProperties'] ?? {})
  if (entry) for (const [key, child] of Object.entries(present)) filled[key] = fillIn(entry, child) ?? null
  return filled
}

function toTree(value: unknown): Tree | undefined {
  return isMapping(value) ? createMapping(Object.entries(value)) : structuredClone(value as Tree | undefined)
}

function mapMapping(mapping: Mapping, change: (entry: Mapping, name: string) => Mapping): Mapping {
  return createMapping(
    Object.entries(mapping).map(([name, entry]) => [name, isMapping(entry) ? change(entry, name) : entry]),
  )
}
