import { checkConfig } from './check.ts'
import { complete } from './complete.ts'
import { loadFiles } from './load.ts'
import { arrangeProblems, placeFinding } from './place.ts'
import { ConfigError, type Finding } from './problem.ts'
import type { Config } from './schema.ts'
import { checkStructure } from './structure.ts'
import { has, isMapping, type Mapping, mappingAt } from './tree.ts'
import { expandWorkspaces } from './unified-auth/expand-workspaces.ts'

export interface ConfigSource {
  /** Paths of YAML files; of two the later wins key by key. */
  files: readonly string[]
  env: NodeJS.ProcessEnv
}

/** The files to read: those asked for, else what GATEWAY_CONFIG names, else gateway.yaml here. */
export function findConfigFiles(asked: readonly string[], env: NodeJS.ProcessEnv): string[] {
  if (asked.length > 0) return [...asked]
  return [env['GATEWAY_CONFIG'] || './gateway.yaml']
}

/**
 * Reads and checks the configuration whole.
 * @throws ConfigError with every problem found, in the order of the files and their lines
 */
export async function readConfig({ files, env }: ConfigSource): Promise<{ config: Config }> {
  const loaded = await loadFiles(files)
  // What a file that cannot be read would have said is not known, so nothing else can be called missing.
  if (loaded.files.some((file) => file.problems.length > 0)) {
    throw new ConfigError(arrangeProblems(loaded.problems, loaded))
  }
  const { tree, places, problems, findings: unexpanded } = expandWorkspaces(quoteIds(loaded.tree), env)
  const structural = [...unexpanded, ...checkStructure(tree)]
  const config = complete(prune(tree, structural))
  const findings = checkConfig({
    config,
    names: {
      workspaces: Object.keys(mappingAt(tree, 'workspaces')),
      jobs: Object.keys(mappingAt(tree, 'jobs')),
      profiles: Object.keys(mappingAt(tree, 'profiles')),
    },
    given: (path) => has(tree, path),
    env,
  })
  const placed = [...structural, ...findings].map((finding) => placeFinding(finding, loaded, places))
  const all = [...loaded.problems, ...problems, ...placed]
  if (all.length > 0) throw new ConfigError(arrangeProblems(all, loaded))
  return { config }
}

/** An id without quotes is taken as long as it is exact; a larger one is left for the schema to refuse. */
function quoteIds(tree: Mapping): Mapping {
  for (const [section, key] of [
    ['jobs', 'job_id'],
    ['workspaces', 'workspace_id'],
  ] as const) {
    for (const entry of Object.values(mappingAt(tree, section))) {
      if (isMapping(entry) && Number.isSafeInteger(entry[key])) entry[key] = String(entry[key])
    }
  }
  return tree
}

/**
 * The tree without what has findings, so that the rest can be checked further: a bad item costs its list, any other bad
 * value its whole job, client and the like, elsewhere its key.
 */
function prune(tree: Mapping, findings: readonly Finding[]): Mapping {
  const pruned = structuredClone(tree)
  for (const { path } of findings) {
    const [section, key, list, item] = path
    const entries = section === undefined ? undefined : pruned[section]
    if (section === undefined) continue
    if (key === undefined || !isMapping(entries)) {
      delete pruned[section]
      continue
    }
    const entry = entries[key]
    if (list !== undefined && typeof item === 'number' && isMapping(entry)) entry[list] = []
    else delete entries[key]
  }
  return pruned
}
