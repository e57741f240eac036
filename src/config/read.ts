import { checkConfig } from './check.ts'
import { complete } from './complete.ts'
import { loadFiles } from './load.ts'
import { arrangeProblems, placeFinding } from './place.ts'
import { ConfigError, type Finding } from './problem.ts'
import { checkRestart } from './rules/restart.ts'
import type { Config } from './schema.ts'
import { namedFiles, type Sources } from './sources.ts'
import { checkStructure } from './structure.ts'
import { has, isMapping, type Mapping, mappingAt } from './tree.ts'
import { expandWorkspaces } from './unified-auth/expand-workspaces.ts'

export interface ConfigSource {
  /** Paths of YAML files; of two the later wins key by key. */
  files: readonly string[]
  env: NodeJS.ProcessEnv
  /** What the program runs on already: what cannot change under it is a problem too. */
  inForce?: Config
}

/** What was read, and from where; also when it cannot be used. */
export interface Reading {
  sources: Sources
  read: { config: Config } | { error: ConfigError }
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
export async function readConfig(source: ConfigSource): Promise<{ config: Config }> {
  const { read } = await examineConfig(source)
  if ('error' in read) throw read.error
  return read
}

/** The same for who goes on without it, and looks for changes where it comes from. */
export async function examineConfig({ files, env, inForce }: ConfigSource): Promise<Reading> {
  const loaded = await loadFiles(files)
  const sources: Sources = { files: loaded.files.map(({ file }) => file), patterns: loaded.patterns }
  // What a file that cannot be read would have said is not known, so nothing else can be called missing.
  if (loaded.files.some((file) => file.problems.length > 0)) {
    return { sources, read: { error: new ConfigError(arrangeProblems(loaded.problems, loaded)) } }
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
      issuers: Object.keys(mappingAt(tree, 'issuers')),
    },
    given: (path) => has(tree, path),
    env,
  })
  sources.files.push(...namedFiles(config))
  // What was pruned is not what the files say.
  if (inForce && structural.length === 0) findings.push(...checkRestart(config, inForce))
  const placed = [...structural, ...findings].map((finding) => placeFinding(finding, loaded, places))
  const all = [...loaded.problems, ...problems, ...placed]
  return { sources, read: all.length > 0 ? { error: new ConfigError(arrangeProblems(all, loaded)) } : { config } }
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
