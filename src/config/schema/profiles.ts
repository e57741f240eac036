import { type Static, Type } from '@sinclair/typebox'
import { byName, closed, oneOf } from './names.ts'

/** What a repeated key may do (design: the table of the repeated key). */
export const RERUNS = ['replay', 'new', 'repair', 'force'] as const
export type Rerun = (typeof RERUNS)[number]

/** The options that a scheduler's dialect sets; a client may set each of them over its profile. */
export const dialectOptions = {
  wait_seconds: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 3600,
    description: 'A call answers when the run is done or after this time; capped by max_wait_seconds.',
  }),
  outcome: oneOf(['body', 'http'], {
    default: 'body',
    description: 'http: the status of a trigger or repair tells how the run ended. body: only the JSON does.',
  }),
  pending: oneOf([202, 'error'], {
    default: 202,
    description: 'With outcome http, the answer while the run is active: 202, or error for 425.',
  }),
  accepted: oneOf([202, 200], {
    default: 202,
    description: 'Status of an accepted trigger while its run is active; 200 does not go with outcome http.',
  }),
  rerun: oneOf(RERUNS, { default: 'replay', description: 'What a repeated key of a failed run does.' }),
  output: oneOf(['none', 'ko'], {
    default: 'none',
    description: 'ko: an answer that shows a run which did not end well carries the output of its tasks as text.',
  }),
  key: oneOf(['required', 'optional'], {
    default: 'optional',
    description: 'required refuses a trigger without an idempotency key. pending: error always requires one.',
  }),
  signed_location: Type.Boolean({
    default: false,
    description:
      'true: Location carries a signature, so that it can be followed without credentials, for eight days. Takes ' +
      'server.signing_keys.',
  }),
}

const ProfileSchema = closed(dialectOptions, { description: 'One dialect: the options a client starts from.' })

/** How one kind of scheduler is answered. */
export type Profile = Static<typeof ProfileSchema>

export const ProfilesSchema = byName(ProfileSchema, 'Own dialects by name, beside the built-in ones.')
