import { type Static, Type } from '@sinclair/typebox'
import { PAUSE_MODES, PAUSE_SCOPES } from '../../runs/pause.ts'
import { choice, instant, nullable } from './types.ts'

const mode = choice(PAUSE_MODES, {
  description: 'hold: starts are accepted, and submitted when it ends; refuse: they are answered 503 `paused`.',
})

export const PauseSchema = Type.Object(
  {
    scope: choice(PAUSE_SCOPES, { description: 'What it concerns: everything, the jobs of a workspace, or one job.' }),
    name: nullable(Type.String({ description: 'Of the workspace or job; null for all.' })),
    mode,
    message: Type.String({ description: 'For callers; empty: none.' }),
    until: nullable(instant('When it ends, or has ended; null: when somebody resumes it.')),
    paused_by: Type.String({ description: 'Name of the client.' }),
    paused_at: instant('Since when.'),
  },
  { $id: 'Pause', title: 'Pause', description: 'Nothing new is started meanwhile.' },
)

export type PauseObject = Static<typeof PauseSchema>

export const examplePause: PauseObject = {
  scope: 'workspace',
  name: 'main',
  mode: 'hold',
  message: 'Databricks is upgraded.',
  until: '2026-11-23T06:00:00.000Z',
  paused_by: 'platform',
  paused_at: '2026-11-22T20:00:00.000Z',
}

const MESSAGE_LENGTH = 300

const target = {
  workspace: Type.String({ minLength: 1, description: 'Name of the workspace whose jobs it concerns.' }),
  job: Type.String({ minLength: 1, description: 'Name of the job that it concerns.' }),
}

export const TargetSchema = Type.Partial(Type.Object(target), {
  additionalProperties: false,
  description: 'Neither workspace nor job: the pause of everything.',
  examples: [{ workspace: 'main' }],
})
export type TargetBody = Static<typeof TargetSchema>

export const PauseBodySchema = Type.Partial(
  Type.Object({
    ...target,
    mode: { ...mode, default: 'hold' },
    message: Type.String({ maxLength: MESSAGE_LENGTH, description: 'Why, for callers, on one line.' }),
    until: Type.String({
      description:
        'When it ends by itself: an instant such as 2026-11-23T06:00:00Z. Left out: when somebody resumes it.',
    }),
  }),
  {
    additionalProperties: false,
    description: 'Neither workspace nor job: everything is paused.',
    examples: [{ workspace: 'main', message: 'Databricks is upgraded.', until: '2026-11-23T06:00:00Z' }],
  },
)
export type PauseBody = Static<typeof PauseBodySchema>
