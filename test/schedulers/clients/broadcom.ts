import { basic, pause, type Scheduler } from './step.ts'

/**
 * An HTTP job of Broadcom's Workload Automation agents: POST with KEYWORD/VALUE pairs as a form and no header of its
 * own, FILTER selects text of the answer by a regular expression. A job whose filter found neither end runs again.
 */
export const broadcom: Scheduler = {
  client: { profile: 'one-call' },
  async run(step) {
    const pairs = { idempotency_key: step.key, outcome: 'body', wait: '45', format: 'text' }
    for (;;) {
      const response = await fetch(`${step.url}/trigger/${step.job}`, {
        method: 'POST',
        headers: { authorization: basic(step) },
        body: new URLSearchParams(pairs),
      })
      const text = await response.text()
      if (/SUCCEEDED|PARTIAL/.test(text)) return 'COMPLETE'
      if (/FAILED|TIMED_OUT|CANCELED|SKIPPED|REJECTED|UNCONFIRMED/.test(text)) return 'FAILED'
      await pause(step, 30)
    }
  },
}
