import { type ConfigProblem, ENVIRONMENT, type Finding, formatPath, type Path } from '../problem.ts'
import { createMapping, isMapping, type Mapping, mappingAt, merge } from '../tree.ts'
import { type Place, readVariables } from './attributes.ts'
import { type Described, describeWorkspace } from './describe-workspace.ts'
import { fillFields } from './fill-fields.ts'
import { IDENTITY } from './kinds.ts'
import { readDefaults, readProfile } from './sources.ts'

/** By the path of a value, where it stands when that is not in our own files. */
export type Places = Map<string, Place>

interface Expanded {
  tree: Mapping
  places: Places
  findings: Finding[]
  problems: ConfigProblem[]
}

/**
 * Every workspace with what its profile says, or Entra's variables of a workload identity; the workspace of Databricks'
 * own variables when the files name none.
 */
export function expandWorkspaces(tree: Mapping, env: NodeJS.ProcessEnv): Expanded {
  const expanded: Expanded = { tree, places: new Map(), findings: [], problems: [] }
  const written = tree['workspaces'] ?? createMapping()
  if (!isMapping(written)) return expanded
  const workspaces = createMapping(Object.entries(written))
  if (Object.keys(written).length === 0) {
    const found = readDefaults(env)
    const described = 'problem' in found ? fromProfile(found.problem) : describeWorkspace(found)
    if ('problem' in described) return { ...expanded, problems: [described.problem] }
    workspaces['default'] = described.workspace
    note(expanded.places, 'default', described)
  }
  for (const [name, workspace] of Object.entries(written)) {
    if (isMapping(workspace)) workspaces[name] = expand(workspace, name, env, expanded)
  }
  return { ...expanded, tree: { ...tree, workspaces } }
}

function expand(workspace: Mapping, name: string, env: NodeJS.ProcessEnv, { places, findings }: Expanded): Mapping {
  const path = ['workspaces', name]
  const { profile, ...own } = workspace
  if (typeof profile === 'string' && profile !== '') {
    const described = own['auth'] === undefined ? followProfile(profile, env) : BOTH
    if (typeof described === 'string') {
      findings.push({ path: [...path, 'profile'], message: described })
      return workspace
    }
    note(places, name, described)
    for (const key of Object.keys(own)) places.delete(formatPath([...path, key]))
    return merge(described.workspace, createMapping(Object.entries(own)))
  }
  for (const [key, what] of [
    ['host', 'https address of the workspace'],
    ['auth', 'how the gateway signs in'],
  ] as const) {
    if (workspace[key] === undefined)
      findings.push({ path: [...path, key], message: `is missing: ${what}; or profile` })
  }
  const auth = mappingAt(workspace, 'auth')
  if (auth['type'] !== 'azure-workload-identity') return workspace
  return merge(workspace, createMapping([['auth', addIdentity(auth, path, env, findings)]]))
}

const BOTH = 'says how to sign in, and so does auth: two credentials; take one of them out'

function followProfile(profile: string, env: NodeJS.ProcessEnv): Described | string {
  const found = readProfile(profile, env)
  if ('problem' in found) return found.problem
  const described = describeWorkspace(found)
  if (!('problem' in described)) return described
  const { path, message } = described.problem
  return `${profile}: ${path} ${message}`
}

/** What Microsoft Entra Workload ID put into the pod, under what is written. */
function addIdentity(auth: Mapping, path: Path, env: NodeJS.ProcessEnv, findings: Finding[]): Mapping {
  const { content, missing } = fillFields(IDENTITY, readVariables(env))
  for (const [key, variable] of missing) {
    if (auth[key] !== undefined) continue
    findings.push({ path: [...path, 'auth', key], message: `is missing, and ${variable.path} is not set either` })
  }
  return createMapping([...Object.entries(content), ...Object.entries(auth)])
}

function fromProfile(problem: string): { problem: ConfigProblem } {
  return { problem: { file: ENVIRONMENT, path: 'DATABRICKS_CONFIG_PROFILE', message: problem } }
}

function note(places: Places, name: string, described: Described): void {
  for (const [key, place] of described.places) places.set(formatPath(['workspaces', name, ...key.split('.')]), place)
}
