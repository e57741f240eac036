/** The values of each section of a Databricks configuration file, by name. */
export type Profiles = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Reads the INI dialect of Databricks' own tools, in which a secret may hold `#` and `;`: they begin a comment only at
 * the start of a line or after a space, and names of sections have no structure. A line that says nothing is passed over.
 */
export function readProfiles(text: string): Profiles {
  const profiles = new Map<string, Map<string, string>>()
  let section = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const name = /^\s*\[(.+)\]\s*([#;].*)?$/.exec(line)?.[1]?.trim()
    if (name !== undefined) {
      section = profiles.get(name) ?? new Map()
      profiles.set(name, section)
      continue
    }
    const [, key, value = ''] = /^\s*([^#;=:\s][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (key !== undefined) section.set(key, unquote(value.replace(/(^|\s)[#;].*$/, '').trim()))
  }
  return profiles
}

function unquote(value: string): string {
  return /^(["'`]).*\1$/.test(value) && value.length > 1 ? value.slice(1, -1) : value
}

/** The section of the tools' own settings: no profile. */
const SETTINGS = '__settings__'

/** The profile of this name, else the one that the tools take when none is named; undefined: there is no such. */
export function chooseProfile(profiles: Profiles, asked: string | undefined): string | undefined {
  const name = asked || profiles.get(SETTINGS)?.get('default_profile') || 'DEFAULT'
  return name !== SETTINGS && (profiles.get(name)?.size ?? 0) > 0 ? name : undefined
}
