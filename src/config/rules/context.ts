import type { Finding, Path } from '../problem.ts'
import type { Config } from '../schema.ts'

/** What a rule looks at. Entries with errors of structure are not in `config`, yet their names count. */
export interface RuleContext {
  config: Config
  names: { workspaces: string[]; jobs: string[]; profiles: string[]; issuers: string[] }
  /** Whether the files say anything at this path. */
  given(path: Path): boolean
  env: NodeJS.ProcessEnv
}

/** Looks at what one value says about another; finds nothing in a configuration that can run. */
export type Rule = (context: RuleContext) => Finding[]

/** A finding for every check that fails. */
export function findFailed(checks: readonly (readonly [failed: boolean, path: Path, message: string])[]): Finding[] {
  return checks.flatMap(([failed, path, message]) => (failed ? [{ path, message }] : []))
}

export function listNames(names: readonly string[]): string {
  return names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
}
