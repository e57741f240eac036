import { type Static, Type } from '@sinclair/typebox'
import { closed } from './names.ts'

export const WatchSchema = closed(
  {
    min_interval_seconds: Type.Number({
      default: 2,
      minimum: 0.05,
      maximum: 3600,
      description: 'Shortest time between two looks at one run.',
    }),
    max_interval_seconds: Type.Number({
      default: 30,
      minimum: 0.05,
      maximum: 3600,
      description: 'Longest time between two looks at one run.',
    }),
  },
  { default: {}, description: 'How often running runs are looked at in Databricks.' },
)

export type WatchConfig = Static<typeof WatchSchema>
