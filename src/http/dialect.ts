import { findProfile } from '../config/profiles.ts'
import type { ClientConfig } from '../config/schema/clients.ts'
import type { Profile } from '../config/schema/profiles.ts'

/** The options that a client starts from: its own, else those of its profile. */
export function resolveDialect(client: ClientConfig, profiles: Record<string, Profile>): Profile {
  const profile = findProfile(client.profile, profiles)
  if (!profile) throw new Error(`no profile ${client.profile}`)
  const { wait_seconds, outcome, pending, accepted, rerun, output, key, signed_location } = client
  return {
    wait_seconds: wait_seconds ?? profile.wait_seconds,
    outcome: outcome ?? profile.outcome,
    pending: pending ?? profile.pending,
    accepted: accepted ?? profile.accepted,
    rerun: rerun ?? profile.rerun,
    output: output ?? profile.output,
    key: key ?? profile.key,
    signed_location: signed_location ?? profile.signed_location,
  }
}
