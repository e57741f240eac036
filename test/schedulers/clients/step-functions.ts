import { pause, type Scheduler } from './step.ts'

const TIMEOUT_MS = 60_000
/** Of the Retry rule for an error; any other error ends the execution. */
const RETRY = { error: 'States.Http.StatusCode.425', intervalSeconds: 5 }

/**
 * An HTTP Task of AWS Step Functions, with an EventBridge connection of the kind API key: 60 s a call, every status
 * but 2xx is an error by its number. The input of a task, and so the key, stays the same when it is retried.
 */
export const stepFunctions: Scheduler = {
  client: { profile: 'one-call' },
  async run(step) {
    for (;;) {
      const response = await fetch(`${step.url}/trigger/${step.job}?key=${step.key}`, {
        method: 'POST',
        headers: { 'x-api-key': step.password, 'content-type': 'application/json' },
        body: '{"parameters":{}}',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.text()
      if (response.ok) return 'SUCCEEDED'
      const error = `States.Http.StatusCode.${response.status}`
      if (error !== RETRY.error) return `FAILED: ${error}`
      await pause(step, RETRY.intervalSeconds)
    }
  },
}
