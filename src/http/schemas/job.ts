import { type Static, Type } from '@sinclair/typebox'
import { RERUNS } from '../../config/schema/profiles.ts'
import type { PauseObject } from './pause.ts'
import type { RunObject } from './run.ts'
import { choice, nullable } from './types.ts'

export const JobSchema = Type.Object(
  {
    job: Type.String({ description: 'What POST /trigger takes.' }),
    description: nullable(Type.String()),
    owner: nullable(Type.String({ description: 'The team that answers for it.' })),
    runbook: nullable(Type.String({ description: 'What to do when it fails.' })),
    workspace: Type.String(),
    parameters: Type.Unsafe<object>({
      type: 'object',
      description: 'JSON Schema (2020-12) of the parameters it takes.',
    }),
    key: choice(['required', 'optional'], { description: 'Whether a trigger needs an idempotency key.' }),
    rerun_allowed: Type.Array(choice(RERUNS), { description: 'What a repeated key may do.' }),
    expected_every_seconds: nullable(
      Type.Number({ description: 'An alarm is due when no run has ended well for so long.' }),
    ),
    usual_seconds: nullable(Type.Number({ description: 'Median time of its last good runs.' })),
    paused: Type.Unsafe<PauseObject | null>(
      Type.Union([Type.Ref('Pause'), Type.Null()], { description: 'What holds back or refuses its starts now.' }),
    ),
    last_run: Type.Unsafe<RunObject | null>(
      Type.Union([Type.Ref('Run'), Type.Null()], { description: 'Its newest run.' }),
    ),
  },
  { $id: 'Job', title: 'Job', description: 'A job of the catalogue.' },
)

export type JobObject = Static<typeof JobSchema>
