import { type Static, Type } from '@sinclair/typebox'
import { ERROR_CODES } from '../../runs/errors.ts'
import { choice } from './types.ts'

/** RFC 9457, with members of our own. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'Where the code is explained.' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was wrong with which value, what is allowed, what to do.' }),
    instance: Type.String({ description: 'The path of the call.' }),
    code: choice(ERROR_CODES, { description: 'What programs branch on.' }),
    retryable: Type.Boolean({ description: 'The same call may succeed later.' }),
    request_id: Type.String({ description: 'Finds the call in the log of the gateway.' }),
    id: Type.Optional(Type.String({ description: 'The run that the error is about.' })),
    state: Type.Optional(Type.String({ description: 'The state of that run.' })),
  },
  { $id: 'Problem', title: 'Problem', description: 'An error (RFC 9457).' },
)

export type ProblemObject = Static<typeof ProblemSchema>
