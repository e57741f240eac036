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
  },
  /** Data Factory and Logic Apps: 202 with Location, then await. */
  azure: {
    wait_seconds: 0,
    outcome: 'http',
    pending: 202,
    accepted: 202,
    rerun: 'new',
    output: 'none',
    key: 'required',
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
  },
} as const satisfies Record<string, Profile>
