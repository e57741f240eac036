import { type Static, Type } from '@sinclair/typebox'
import { exampleRuns } from './examples.ts'
import { databricksId, nullable } from './types.ts'

export const OutputSchema = Type.Object({
  id: Type.String(),
  job: Type.String(),
  state: Type.String(),
  attempt: Type.Integer(),
  tasks: Type.Array(
    Type.Object({
      task_key: Type.String(),
      state: Type.String(),
      databricks_run_id: nullable(databricksId('Run of the task in Databricks.')),
      attempt: Type.Integer({ description: "Databricks' own retries of the task, from 0." }),
      error: nullable(Type.String()),
      error_trace: nullable(Type.String({ description: 'Without ANSI codes.' })),
      notebook_exit: nullable(Type.String({ description: 'The value of dbutils.notebook.exit().' })),
      logs: nullable(Type.String({ description: 'The end of standard output and error; not for notebooks.' })),
      truncated: Type.Boolean(),
      unreadable: nullable(Type.String({ description: 'Why Databricks did not show it.' })),
    }),
  ),
})

export const exampleOutput: Static<typeof OutputSchema> = {
  id: exampleRuns.succeeded.id,
  job: 'nightly-load',
  state: 'SUCCEEDED',
  attempt: 1,
  tasks: [
    {
      task_key: 'load',
      state: 'SUCCEEDED',
      databricks_run_id: '89018493834650',
      attempt: 0,
      error: null,
      error_trace: null,
      notebook_exit: '{"rows": 42}',
      logs: null,
      truncated: false,
      unreadable: null,
    },
  ],
}
