import { basic, pause, type Scheduler, type Step } from './step.ts'

/** httpRequest: a status from 100 to 399 is a success, and the content must hold `validResponseContent`. */
async function httpRequest(step: Step, validResponseContent = ''): Promise<string> {
  const query = new URLSearchParams({ key: step.key, outcome: 'body', format: 'result' })
  const response = await fetch(`${step.url}/trigger/${step.job}?${query}`, {
    method: 'POST',
    headers: { authorization: basic(step) },
  })
  const content = await response.text()
  if (response.status > 399) throw new Error(`Fail: status ${response.status}`)
  if (!content.includes(validResponseContent)) throw new Error(`Fail: no ${validResponseContent} in ${content}`)
  return content
}

/** Jenkins' HTTP Request plug-in in a pipeline: waitUntil over one call, then the same call with what must be in it. */
export const jenkins: Scheduler = {
  client: { profile: 'one-call' },
  async run(step) {
    try {
      while ((await httpRequest(step)).includes('ACTIVE')) await pause(step, 15)
      await httpRequest(step, 'OK')
      return 'SUCCESS'
    } catch {
      return 'FAILURE'
    }
  },
}
