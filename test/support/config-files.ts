import { join } from 'node:path'
import type { Test } from 'tap'
import { ConfigError } from '../../src/config/problem.ts'
import { readConfig } from '../../src/config/read.ts'
import type { Config } from '../../src/config/schema.ts'

export interface ConfigCase {
  /** Files by path; those in `read` are given to readConfig, by default gateway.yaml alone. */
  files: Record<string, string>
  read?: string[]
  env?: NodeJS.ProcessEnv
}

/** Writes the files and reads them; paths in problems are relative to the test's folder. */
export async function readFiles(
  t: Test,
  { files, read = ['gateway.yaml'], env = {} }: ConfigCase,
): Promise<{ config: Config } | { problems: string[] }> {
  const dir = t.testdir(nest(files))
  const relative = (text: string) => text.replaceAll(`${dir}/`, '')
  try {
    return await readConfig({ files: read.map((file) => join(dir, file)), env })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { problems: relative(error.message).split('\n') }
  }
}

/** `{'jobs.d/a.yaml': '…'}` as t.testdir wants it. */
function nest(files: Record<string, string>) {
  const root: Record<string, string | Record<string, string>> = {}
  for (const [path, text] of Object.entries(files)) {
    const [folder = '', name] = path.split('/')
    if (name === undefined) root[folder] = text
    else root[folder] = { ...(typeof root[folder] === 'object' ? root[folder] : {}), [name]: text }
  }
  return root
}

/** A configuration that can run, with the lines that a case adds. */
export const BASE = `
workspaces:
  main:
    host: http://127.0.0.1:8181
    auth: { type: pat, token: { env: TOKEN } }
`

export type ProblemCase = [name: string, yaml: string, problems: string[]]

/** Each case's text, before the lines of a configuration that can run, leads to exactly these problems. */
export function testProblems(t: Test, cases: ProblemCase[]) {
  for (const [name, yaml, problems] of cases) {
    t.test(name, async (t) => {
      const result = await readFiles(t, { files: { 'gateway.yaml': `${yaml}\n${BASE}` }, env: { TOKEN: 'x' } })
      t.same('problems' in result ? result.problems : [], problems)
    })
  }
}
