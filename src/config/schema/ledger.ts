import { Type } from '@sinclair/typebox'
import { closed, oneOf } from './names.ts'

export const LedgerSchema = closed(
  {
    url: Type.String({
      default: 'sqlite:./data/runs.db',
      pattern: '^sqlite:(?!:)(?!//[^/]).+$',
      patternErrorMessage: 'sqlite: and the path of a file, such as sqlite:./data/runs.db',
      description: 'Where runs are kept: sqlite: and the path of a file on a local disk.',
    }),
    synchronous: oneOf(['full', 'normal'], {
      default: 'full',
      description:
        'full: an accepted trigger survives a power cut. normal: faster, survives a crash of the process, ' +
        'but a power cut may lose the last moments.',
    }),
    retention_days: Type.Integer({
      default: 90,
      minimum: 61,
      maximum: 3650,
      description: 'How long finished runs are kept; at least 61, since Databricks keeps runs and their tokens 60.',
    }),
  },
  { default: {}, description: 'The database of runs.' },
)
