import { basic, pause, type Scheduler } from './step.ts'

const TIMEOUT_MS = 60_000

/**
 * The Web activity of Azure Data Factory: a 202 with a Location is asked for there until it is another status, at a pace
 * of its own. Every body must be a JSON object. Whether the credentials go along is not documented: here they do not.
 */
export const dataFactory: Scheduler = {
  client: { profile: 'azure' },
  async run(step) {
    const headers = { authorization: basic(step), 'content-type': 'application/json' }
    let url: string | null = `${step.url}/trigger/${step.job}?key=${step.key}`
    let init: RequestInit = { method: 'POST', headers, body: '{}' }
    for (;;) {
      const response: Response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
      const body: unknown = JSON.parse(await response.text())
      if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'Failed: not a JSON object'
      url = response.headers.get('location')
      if (response.status !== 202 || url === null) return response.ok ? 'Succeeded' : `Failed: ${response.status}`
      init = { method: 'GET' }
      await pause(step, 10)
    }
  },
}
