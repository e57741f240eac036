import { Type } from '@sinclair/typebox'
import type { ErrorCode } from '../../runs/errors.ts'
import { PROBLEMS } from '../problems.ts'
import { exampleProblem, exampleRuns } from './examples.ts'

const runReference = Type.Ref('Run')
const problemReference = Type.Ref('Problem')

/** An outcome answer is the run itself with the members of a problem. */
const outcomeSchema = Type.Intersect([
  runReference,
  Type.Object({
    type: Type.String({ format: 'uri' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    retryable: Type.Boolean(),
  }),
])

const text = (example: string) => ({ 'text/plain': { schema: Type.String(), example } })

/** Answers that show a run as it is. */
export function runAnswers(...statuses: (200 | 202)[]) {
  const described = {
    200: { description: 'The run.', example: exampleRuns.succeeded },
    202: {
      description: 'The run is active. Location and Retry-After say where and when to ask again.',
      example: exampleRuns.running,
    },
  }
  return Object.fromEntries(
    statuses.map((status) => {
      const { description, example } = described[status]
      return [
        status,
        {
          description,
          content: { 'application/json': { schema: runReference, example }, ...text(`${example.state}\n`) },
        },
      ]
    }),
  )
}

/** Answers whose status tells the outcome; a client's `codes` may say other numbers. */
export function outcomeAnswers(...codes: Extract<ErrorCode, 'run-failed' | 'run-canceled' | 'run-active'>[]) {
  return Object.fromEntries(
    codes.map((code) => {
      const { status, title, retryable } = PROBLEMS[code]
      const run = exampleRuns[code]
      const { type } = exampleProblem(code)
      const example = { ...run, type, title, status, detail: run.message, code, retryable }
      return [
        status,
        {
          description: `${title}, with outcome=http (\`${code}\`): the run, and why.`,
          content: { 'application/problem+json': { schema: outcomeSchema, example }, ...text(`${run.state}\n`) },
        },
      ]
    }),
  )
}

/** Errors, by status; each code with its title. */
export function errorAnswers(...codes: ErrorCode[]) {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, sharing]) => [
      status,
      {
        description: sharing.map((code) => `${PROBLEMS[code].title} (\`${code}\`).`).join(' '),
        content: {
          'application/problem+json': {
            schema: problemReference,
            examples: Object.fromEntries(sharing.map((code) => [code, { value: exampleProblem(code) }])),
          },
          ...text(`ERROR ${sharing[0]} ${exampleProblem(sharing[0] ?? 'internal').detail}\n`),
        },
      },
    ]),
  )
}

/** What every call with a key may be answered. */
export const COMMON_ERRORS = [
  'unauthenticated',
  'forbidden',
  'rate-limited',
  'internal',
  'ledger-unavailable',
  'issuer-unavailable',
] as const satisfies ErrorCode[]
