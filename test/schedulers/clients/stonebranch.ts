import { basic, extract, pause, type Scheduler } from './step.ts'

/** Exit codes of the web service task: by the class of the status, or mapped from a JSON path on the body. */
const EXIT = { redirect: 23, client: 21, mapping: 24 }
const BY_RESULT: Record<string, number> = { OK: 0, KO: 1, '': 99 }

/** Stonebranch's Web Service utility: a redirect is an error, the exit code comes from `$.result`; 99 runs it again. */
export const stonebranch: Scheduler = {
  client: { profile: 'control-m-plugin' },
  async run(step) {
    for (;;) {
      const response = await fetch(`${step.url}/trigger/${step.job}?wait=30`, {
        method: 'POST',
        headers: { authorization: basic(step), 'idempotency-key': `"${step.key}"` },
        redirect: 'manual',
      })
      const text = await response.text()
      if (response.status >= 400) return `exit ${EXIT.client}`
      if (response.status >= 300) return `exit ${EXIT.redirect}`
      const exitCode = BY_RESULT[extract(text, '$.result')] ?? EXIT.mapping
      if (exitCode !== 99) return `exit ${exitCode}`
      await pause(step, 30)
    }
  },
}
