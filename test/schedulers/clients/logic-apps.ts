import { basic, pause, type Scheduler } from './step.ts'

/** When an answer does not say. */
const POLL_SECONDS = 20

/**
 * The HTTP action of Azure Logic Apps: asks the Location of the latest 202 every 20 s, or after its Retry-After, until
 * the first answer that is not 202. Headers such as Accept are not sent. Whether the credentials go along is not
 * documented: here they do not.
 */
export const logicApps: Scheduler = {
  client: { profile: 'azure' },
  async run(step) {
    const headers = { authorization: basic(step) }
    let response = await fetch(`${step.url}/trigger/${step.job}?key=${step.key}`, { method: 'POST', headers })
    while (response.status === 202) {
      await response.text()
      const location = response.headers.get('location')
      if (location === null || !URL.canParse(location)) return 'Failed: a 202 without an absolute Location'
      const seconds = response.headers.get('retry-after') ?? String(POLL_SECONDS)
      if (!/^\d+$/.test(seconds)) return `Failed: Retry-After is ${seconds}`
      await pause(step, Number(seconds))
      response = await fetch(location)
    }
    await response.text()
    return response.ok ? 'Succeeded' : `Failed: ${response.status}`
  },
}
