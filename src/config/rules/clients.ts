import { compileJobPatterns } from '../job-patterns.ts'
import type { Finding, Path } from '../problem.ts'
import { builtInProfiles, findProfile } from '../profiles.ts'
import type { ClientConfig } from '../schema/clients.ts'
import type { Profile } from '../schema/profiles.ts'
import { findFailed, listNames, type Rule, type RuleContext } from './context.ts'

export const checkClients: Rule = ({ config, names, given }) => {
  const clients = Object.entries(config.clients)
  const profileNames = [...Object.keys(builtInProfiles), ...names.profiles]
  return [
    ...clients.flatMap(([name, client]) => {
      const path = ['clients', name]
      const profile = findProfile(client.profile, config.profiles)
      return [
        ...findFailed([
          [!profileNames.includes(client.profile), [...path, 'profile'], `is no profile; ${listNames(profileNames)}`],
        ]),
        ...findUnmatched(client, path, names.jobs),
        ...(profile ? checkDialect({ ...profile, ...client }, path, given) : []),
      ]
    }),
    ...findShared(clients.map(([name, client]) => [client.id, ['clients', name, 'id'], name])),
    ...findShared(
      clients.flatMap(([name, client]) =>
        [...new Set(client.keys)].map(
          (key) => [key, ['clients', name, 'keys', client.keys.indexOf(key)], name] as const,
        ),
      ),
    ),
  ]
}

export const checkProfiles: Rule = ({ config, given }) =>
  Object.entries(config.profiles).flatMap(([name, profile]) => {
    const path = ['profiles', name]
    return [
      ...findFailed([[Object.hasOwn(builtInProfiles, name), path, 'is the name of a built-in profile; take another']]),
      ...checkDialect(profile, path, given),
    ]
  })

function findUnmatched(client: ClientConfig, path: Path, jobs: string[]): Finding[] {
  return findFailed(
    client.jobs.map((pattern, i) => [
      !jobs.some((job) => compileJobPatterns([pattern])(job)),
      [...path, 'jobs', i],
      `"${pattern}" matches no job; ${listNames(jobs)}`,
    ]),
  )
}

/** Options that contradict each other, once profile and client are put together. */
function checkDialect(options: Profile, path: Path, given: RuleContext['given']): Finding[] {
  const accepted = [...path, 'accepted']
  return findFailed([
    [
      options.accepted === 200 && options.outcome === 'http',
      given(accepted) ? accepted : [...path, 'outcome'],
      'accepted: 200 does not go with outcome: http, which never answers 200 before the end; change one of the two',
    ],
    [
      options.pending === 'error' && options.key === 'optional' && given([...path, 'key']),
      [...path, 'key'],
      'must be required, since pending: error never goes without a key',
    ],
  ])
}

/** What must be told apart and is not: each later one, naming the first. */
function findShared(entries: readonly (readonly [value: string, path: Path, client: string])[]): Finding[] {
  const owners = new Map<string, string>()
  return entries.flatMap(([value, path, client]) => {
    const owner = owners.get(value)
    if (owner === undefined) owners.set(value, client)
    return owner === undefined ? [] : [{ path, message: `is that of client ${owner} too; each needs its own` }]
  })
}
