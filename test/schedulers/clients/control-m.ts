import { pause, type Scheduler, type Step } from './step.ts'

/** A job of the Control-M day plan: ordered once, then rerun by people and by its own If-Actions. */
export interface ControlMJob {
  /** Runs it, or reruns it as the Rerun button does; resolves with the status that Control-M shows. */
  run(): Promise<string>
  /** What the job's output holds, one response a call. */
  sysout: string[]
}

const TIMEOUT_MS = 50_000

/**
 * Job:Web Services REST: one call, whose HTTP status alone decides. An If-Action reruns the job on status 425, and
 * every rerun, by hand or not, raises %%RUNCOUNT.
 */
export function orderJob(step: Step, beforeRerun: () => Promise<void> = () => pause(step, 60)): ControlMJob {
  const sysout: string[] = []
  let runCount = 0

  async function execute(): Promise<number> {
    runCount++
    const query = new URLSearchParams({
      key: step.key,
      rerun_id: String(runCount),
      ref: `SALES/${step.job}/0a1b2/${runCount}`,
    })
    const response = await fetch(`${step.url}/trigger/${step.job}?${query}`, {
      method: 'POST',
      headers: { 'x-api-key': step.password },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    sysout.push(await response.text())
    return response.status
  }

  return {
    sysout,
    async run() {
      for (;;) {
        const status = await execute()
        if (status >= 200 && status < 300) return 'Ended OK'
        if (status !== 425) return `Ended Not OK (${status})`
        await beforeRerun()
      }
    },
  }
}

export const controlMRest: Scheduler = {
  client: { profile: 'control-m' },
  run: (step) => orderJob(step).run(),
}
