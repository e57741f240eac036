import type { Profile } from './schema/profiles.ts'

/** The dialects that come with the gateway. Own ones (`profiles:` in the configuration) have the same shape. */
export const builtInProfiles = {
  /** Programs that read JSON. */
  generic: {
    wait_seconds: 0,
    outcome: 'body',
    pending: 202,
    accepted: 202,
    rerun: 'replay',
    output: 'none',
    key: 'optional',
    signed_location: false,
  },
  /** Both Control-M Web Services plug-ins: one call decides. */
  'control-m': {
    wait_seconds: 45,
    outcome: 'http',
    pending: 'error',
    accepted: 202,
    rerun: 'new',
    output: 'ko',
    key: 'required',
    signed_location: false,
  },
  /** The Application Integrator plug-in, and others that poll `result` and take nothing but 200. */
  'control-m-plugin': {
    wait_seconds: 0,
    outcome: 'body',
    pending: 202,
    accepted: 200,
    rerun: 'new',
    output: 'none',
    key: 'required',
    signed_location: false,
  },
  /** Data Factory and Logic Apps: 202 with Location, then await, perhaps without the credentials. */
  azure: {
    wait_seconds: 0,
    outcome: 'http',
    pending: 202,
    accepted: 202,
    rerun: 'new',
    output: 'none',
    key: 'required',
    signed_location: true,
  },
  /** Jenkins, curl, Step Functions and other single calls. */
  'one-call': {
    wait_seconds: 45,
    outcome: 'http',
    pending: 'error',
    accepted: 202,
    rerun: 'new',
    output: 'none',
    key: 'required',
    signed_location: false,
  },
} as const satisfies Record<string, Profile>

const BUILT_IN: Record<string, Profile> = builtInProfiles

/** A built-in profile, or an own one of the configuration; undefined when there is none of that name. */
export function findProfile(name: string, own: Record<string, Profile>): Profile | undefined {
  return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : own[name]
}
