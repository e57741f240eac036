import { matchesJobPattern } from '../job-patterns.ts'
import type { Finding, Path } from '../problem.ts'
import { builtInProfiles } from '../profiles.ts'
import type { ClientConfig } from '../schema/clients.ts'
import type { Profile } from '../schema/profiles.ts'
import { findFailed, listNames, type Rule } from './context.ts'

const BUILT_IN: Record<string, Profile> = builtInProfiles

export const checkClients: Rule = ({ config, names }) => {
  const clients = Object.entries(config.clients)
  const profileNames = [...Object.keys(BUILT_IN), ...names.profiles]
  return [
    ...clients.flatMap(([name, client]) => {
      const path = ['clients', name]
      const profile = Object.hasOwn(BUILT_IN, client.profile)
        ? BUILT_IN[client.profile]
        : config.profiles[client.profile]
      return [
        ...findFailed([
          [!profileNames.includes(client.profile), [...path, 'profile'], `is no profile; ${listNames(profileNames)}`],
        ]),
        ...findUnmatched(client, path, names.jobs),
        ...(profile ? checkDialect(client, profile, path) : []),
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
      ...findFailed([
        [Object.hasOwn(BUILT_IN, name), path, 'is the name of a built-in profile; take another'],
        [
          profile.pending === 'error' && profile.key === 'optional' && given([...path, 'key']),
          [...path, 'key'],
          'must be required, since pending: error never goes without a key',
        ],
      ]),
      ...checkDialect({}, profile, path),
    ]
  })

function findUnmatched(client: ClientConfig, path: Path, jobs: string[]): Finding[] {
  return findFailed(
    client.jobs.map((pattern, i) => [
      !jobs.some((job) => matchesJobPattern(pattern, job)),
      [...path, 'jobs', i],
      `"${pattern}" matches no job; ${listNames(jobs)}`,
    ]),
  )
}

/** The two that contradict each other: one answers before the end as if all were well, the other never does. */
function checkDialect(client: Partial<Profile>, profile: Profile, path: Path): Finding[] {
  const { accepted, outcome } = { ...profile, ...client }
  const key = client.outcome === undefined ? 'accepted' : 'outcome'
  return findFailed([
    [
      accepted === 200 && outcome === 'http',
      [...path, key],
      'accepted: 200 does not go with outcome: http, which never answers 200 before the end; change one of the two',
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
