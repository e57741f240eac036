import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { CancelAnswer } from '../runs/cancel.ts'
import type { Moved } from '../runs/transition.ts'
import type { TriggerAnswer } from '../runs/trigger.ts'
import { JOB_SECONDS } from './buckets.ts'
import type { Instruments } from './instruments.ts'
import { createLabel } from './labels.ts'
import { hasEnded, wasFoundAgain, wasRecovered } from './moved.ts'

/** What is told of runs as it happens; what the ledger knows is read from there instead (ledger-readings.ts). */
export interface RunFacts {
  /** A trigger was answered; `job` and `client` may be anything a caller sent. */
  triggered(job: string, client: string, answer: TriggerAnswer | 'refused' | 'dry_run'): void
  /** A cancel was answered. */
  canceled(job: string, result: CancelAnswer): void
  /** A run has changed. */
  moved(moved: Moved): void
  /** Databricks told a state that is not known. */
  unknownState(): void
}

const LAG_SECONDS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3_600]

export function createRunFacts(
  { counter, histogram }: Instruments,
  { current, clock }: { current: () => Pick<Config, 'jobs' | 'clients'>; clock: Clock },
): RunFacts {
  const jobLabel = createLabel(() => current().jobs)
  const clientLabel = createLabel(() => current().clients)

  const triggers = counter('triggers_total', 'Triggers by what they were answered.', ['job', 'client', 'answer'])
  const attempts = counter('attempts_total', 'Attempts begun: the first of a run, and those after it.', ['job', 'kind'])
  const cancels = counter('cancels_total', 'Cancels by what they were answered.', ['job', 'result'])
  const duplicates = counter(
    'duplicates_prevented_total',
    'Triggers and submissions that would have started a second run, and led to the one there is.',
  )
  const recovered = counter(
    'submit_recovered_total',
    'Starts whose answer was lost and that turned out to have happened.',
  )
  const unknownStates = counter('unknown_states_total', 'States told by Databricks that the gateway does not know.')
  const byResult: ('workspace' | 'result')[] = ['workspace', 'result']
  const runSeconds = histogram('run_duration_seconds', 'How long ended attempts ran.', JOB_SECONDS, byResult)
  const queueSeconds = histogram('run_queue_seconds', 'How long ended attempts had queued.', JOB_SECONDS, byResult)
  const lag = histogram(
    'outcome_lag_seconds',
    "From a run's end in Databricks until the gateway knew it.",
    LAG_SECONDS,
    ['workspace'],
  )

  function ended({ before, run: { attempt } }: Moved): void {
    const { workspace, result, run_ms, queue_ms, finished_at, observed_at } = attempt
    if (run_ms !== null) runSeconds.observe({ workspace, result }, run_ms / 1000)
    if (queue_ms !== null) queueSeconds.observe({ workspace, result }, queue_ms / 1000)
    const toldByDatabricks = before !== undefined && before.observed_at !== observed_at
    // Its clock may be ahead of ours.
    if (toldByDatabricks && finished_at !== null)
      lag.observe({ workspace }, Math.max(0, clock.now() - finished_at) / 1000)
  }

  return {
    triggered(job, client, answer) {
      triggers.inc({ job: jobLabel(job), client: clientLabel(client), answer })
      if (answer === 'attached' || answer === 'replayed') duplicates.inc()
    },

    canceled: (job, result) => cancels.inc({ job: jobLabel(job), result }),

    moved(moved) {
      const { job, attempt } = moved.run
      if (!moved.before) attempts.inc({ job: jobLabel(job), kind: attempt.kind })
      if (wasRecovered(moved)) recovered.inc()
      if (wasFoundAgain(moved)) duplicates.inc()
      if (hasEnded(moved)) ended(moved)
    },

    unknownState: () => unknownStates.inc(),
  }
}
