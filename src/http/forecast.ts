import type { Forecast } from '../runs/dry-run.ts'
import type { Order } from '../runs/intent.ts'
import { sayPaused } from '../runs/pause-hold.ts'
import { presentPause } from './present-pause.ts'
import type { ForecastObject } from './schemas/forecast.ts'

const SENTENCES: Record<Forecast['would'], string> = {
  start: 'A run would be started.',
  attach: "The key's run is under way: nothing would be started.",
  replay: "The key's run has ended and would be answered: nothing would be started.",
  resubmit: "The key's run was never confirmed: it would be submitted again under the same token.",
  attempt: "The key's run would be started again, as its next attempt.",
  repair: "What failed of the key's run would be repaired.",
  'new-order': 'The key has outlived its time: a new run would be started.',
}

/** What a trigger would do, as its caller sees it. Pure. */
export function presentForecast({ job, key }: Order, forecast: Forecast): ForecastObject {
  const { would, run, parameters, databricks_job_id, pause } = forecast
  return {
    dry_run: true,
    would,
    message: pause ? `${SENTENCES[would]} It would wait here: ${sayPaused(pause)}` : SENTENCES[would],
    job,
    key: key ?? null,
    run_id: run?.id ?? null,
    parameters,
    databricks_job_id,
    paused: pause ? presentPause(pause) : null,
  }
}
