import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { ERROR_CODES, type ErrorCode, GatewayError } from '../../runs/errors.ts'
import { PROBLEMS } from '../problems.ts'
import { errorAnswers } from '../schemas/answers.ts'
import { choice } from '../schemas/types.ts'

/** GET /problems/:code, open to all: where the `type` of every error points. A page for people, JSON for programs. */
export function problemRoute(): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/problems/:code', { schema: SCHEMA }, async ({ params, headers, call }, reply) => {
      const { code } = params
      if (!isErrorCode(code)) {
        throw new GatewayError(
          'not-found',
          `${JSON.stringify(code)} is no error code; they are ${ERROR_CODES.join(', ')}.`,
        )
      }
      const { status, title, retryable, cause, cure } = PROBLEMS[code]
      const problem = { code, status, title, retryable, cause, cure, contact: call.config.server.contact ?? null }
      if (!headers.accept?.includes('text/html')) return reply.send(problem)
      return reply.type('text/html; charset=utf-8').send(presentPage(problem))
    })
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code)
}

const ProblemPageSchema = Type.Object({
  code: choice(ERROR_CODES),
  status: Type.Integer({ description: "HTTP status, unless a client's codes say another." }),
  title: Type.String(),
  retryable: Type.Boolean({ description: 'The same call may succeed later.' }),
  cause: Type.String({ description: 'Why it happens.' }),
  cure: Type.String({ description: 'What to do.' }),
  contact: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Whom to ask.' }),
})

function presentPage(problem: Static<typeof ProblemPageSchema>): string {
  const { code, status, title, retryable, cause, cure, contact } = problem
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${code}</title></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p><code>${code}</code>, status ${status}. ${retryable ? 'The same call may succeed later.' : 'The same call will not succeed as it is.'}</p>
<h2>Cause</h2>
<p>${escapeHtml(cause)}</p>
<h2>Cure</h2>
<p>${escapeHtml(cure)}</p>
${contact === null ? '' : `<p>Contact: ${escapeHtml(contact)}</p>\n`}</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

const example = {
  code: 'key-required',
  ...PROBLEMS['key-required'],
  contact: 'platform-data@example.com',
}

const SCHEMA = {
  operationId: 'getProblem',
  summary: 'Read what an error means',
  description: 'Cause and cure of an error code: as a page for browsers, else as JSON.',
  tags: ['reference'],
  security: [],
  params: Type.Object({ code: Type.String({ description: 'An error code.', examples: ['key-required'] }) }),
  response: {
    200: {
      description: 'What it means and what to do.',
      content: {
        'application/json': { schema: ProblemPageSchema, example },
        'text/html': { schema: Type.String() },
      },
    },
    ...errorAnswers('invalid-request', 'not-found', 'rate-limited', 'overloaded'),
  },
}
