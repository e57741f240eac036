import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { reasonOf } from '../secrets.ts'
import { readSection, readVariables, type Source } from './attributes.ts'
import { KINDS } from './kinds.ts'
import { chooseProfile, type Profiles, readProfiles } from './profiles.ts'

/** The values of a profile, or why there are none; undefined `asked`: of the one that Databricks' tools would take. */
export function readProfile(asked: string | undefined, env: NodeJS.ProcessEnv): Source | { problem: string } {
  const file = locateFile(env)
  const profiles = file === undefined ? 'there is no home folder' : readFile(file)
  if (file === undefined || typeof profiles === 'string')
    return { problem: `${file ?? '~/.databrickscfg'}: ${profiles}` }
  const name = chooseProfile(profiles, asked)
  const section = name === undefined ? undefined : profiles.get(name)
  if (name === undefined || !section) return { problem: `${file} has no profile ${asked ?? 'DEFAULT'}` }
  return readSection(section, file, name)
}

/**
 * What the environment says, as Databricks' own tools read it: a profile, where one is named or nothing else says
 * anything, under the variables.
 */
export function readDefaults(env: NodeJS.ProcessEnv): Source | { problem: string } {
  const variables = readVariables(env)
  const asked = env['DATABRICKS_CONFIG_PROFILE'] || undefined
  const told = KINDS.flatMap(({ signs, hints, ambient }) => (ambient ? [] : [...signs, ...hints]))
  const speaks = [...told, 'host' as const].some((attribute) => variables.values[attribute])
  if (speaks && asked === undefined) return variables
  const profile = readProfile(asked, env)
  if ('problem' in profile) return asked === undefined ? variables : profile
  return { ...variables, values: { ...profile.values, ...variables.values } }
}

function locateFile(env: NodeJS.ProcessEnv): string | undefined {
  const home = env['HOME'] || env['USERPROFILE']
  const named = env['DATABRICKS_CONFIG_FILE']
  if (named) return home && named.startsWith('~/') ? join(home, named.slice(2)) : resolve(named)
  return home && join(home, '.databrickscfg')
}

function readFile(file: string): Profiles | string {
  try {
    return readProfiles(readFileSync(file, 'utf8'))
  } catch (error) {
    return `cannot be read (${reasonOf(error)})`
  }
}
