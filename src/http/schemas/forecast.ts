import { type Static, Type } from '@sinclair/typebox'
import { exampleRuns } from './examples.ts'
import type { PauseObject } from './pause.ts'
import { choice, databricksId, nullable } from './types.ts'

const ForecastSchema = Type.Object(
  {
    dry_run: Type.Literal(true),
    would: choice(['start', 'attach', 'replay', 'resubmit', 'attempt', 'repair', 'new-order']),
    message: Type.String({ description: 'The same in a sentence.' }),
    job: Type.String(),
    key: nullable(Type.String()),
    run_id: nullable(Type.String({ description: 'The run that holds the key.' })),
    parameters: Type.Unsafe<object>({ type: 'object', description: 'What Databricks would be given.' }),
    databricks_job_id: databricksId('Job in Databricks.'),
    paused: Type.Unsafe<PauseObject | null>(
      Type.Union([Type.Ref('Pause'), Type.Null()], { description: 'What would hold the start back.' }),
    ),
  },
  { title: 'Forecast', description: 'What a trigger would do.' },
)

export type ForecastObject = Static<typeof ForecastSchema>

const { job, key, parameters, databricks_job_id } = exampleRuns.running
const example: ForecastObject = {
  ...{ dry_run: true, would: 'start', message: 'A run would be started.' },
  ...{ job, key, run_id: null, parameters, databricks_job_id, paused: null },
}

/** A trigger's answer with status 200. */
export const RUN_OR_FORECAST = {
  description: 'The run; with dry_run, what would happen.',
  content: {
    'application/json': {
      schema: Type.Union([Type.Ref('Run'), ForecastSchema]),
      examples: { run: { value: exampleRuns.succeeded }, dry_run: { value: example } },
    },
    'text/plain': { schema: Type.String(), example: 'SUCCEEDED\n' },
  },
}
