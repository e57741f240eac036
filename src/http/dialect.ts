import { builtInProfiles } from '../config/profiles.ts'
import type { ClientConfig } from '../config/schema/clients.ts'
import type { Profile } from '../config/schema/profiles.ts'

const BUILT_IN: Record<string, Profile> = builtInProfiles

/** The options that a client starts from: its own, else those of its profile. */
export function resolveDialect(client: ClientConfig, profiles: Record<string, Profile>): Profile {
  const profile = Object.hasOwn(BUILT_IN, client.profile) ? BUILT_IN[client.profile] : profiles[client.profile]
  if (!profile) throw new Error(`no profile ${client.profile}`)
  const { wait_seconds, outcome, pending, accepted, rerun, output, key } = client
  return {
    wait_seconds: wait_seconds ?? profile.wait_seconds,
    outcome: outcome ?? profile.outcome,
    pending: pending ?? profile.pending,
    accepted: accepted ?? profile.accepted,
    rerun: rerun ?? profile.rerun,
    output: output ?? profile.output,
    key: key ?? profile.key,
  }
}
