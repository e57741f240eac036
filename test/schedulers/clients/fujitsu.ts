import { basic, extract, pause, type Scheduler, type Step } from './step.ts'

/** What a REST execution job of Systemwalker is made of: three requests, and keys of flat JSON. */
const JOB = {
  carriedKey: 'id',
  end: { key: 'done', values: ['true'] },
  result: { key: 'result', okValues: ['OK'] },
  firstDelaySeconds: 5,
  intervalSeconds: 10,
}

async function send(step: Step, method: string, path: string): Promise<string> {
  const response = await fetch(step.url + path, { method, headers: { authorization: basic(step) } })
  return response.text()
}

/** The request; resolves with the key that the other two carry. */
export async function request(step: Step): Promise<string> {
  return extract(await send(step, 'POST', `/trigger/${step.job}?key=${step.key}`), JOB.carriedKey)
}

/** Monitoring: until the end key has an end value; then the result key decides. */
export async function monitor(step: Step, id: string): Promise<string> {
  await pause(step, JOB.firstDelaySeconds)
  for (;;) {
    const text = await send(step, 'GET', `/runs/${id}`)
    if (JOB.end.values.includes(extract(text, JOB.end.key))) {
      return JOB.result.okValues.includes(extract(text, JOB.result.key)) ? 'ended normally' : 'ended abnormally'
    }
    await pause(step, JOB.intervalSeconds)
  }
}

/** The termination, when somebody stops the job. */
export async function terminate(step: Step, id: string): Promise<void> {
  await send(step, 'POST', `/runs/${id}/cancel`)
}

export const fujitsu: Scheduler = {
  client: { profile: 'control-m-plugin', permissions: ['trigger', 'read', 'cancel'] },
  run: async (step) => monitor(step, await request(step)),
}
