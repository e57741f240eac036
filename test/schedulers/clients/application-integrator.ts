import { basic, extract, pause, type Scheduler } from './step.ts'

/**
 * A job type made with Control-M's Application Integrator: an execution step that keeps the id, and a verification that
 * asks every 2 s. Its rules compare one field by `eq`, for success and for failure.
 */
export const applicationIntegrator: Scheduler = {
  client: { profile: 'control-m-plugin' },
  async run(step) {
    const headers = { authorization: basic(step) }
    const execution = await fetch(`${step.url}/trigger/${step.job}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ idempotency_key: step.key }),
    })
    if (!execution.ok) return 'Ended Not OK'
    const id = extract(await execution.text(), '$.id')
    for (;;) {
      await pause(step, 2)
      const verification = await fetch(`${step.url}/runs/${id}`, { headers })
      const result = extract(await verification.text(), '$.result')
      if (result === 'OK') return 'Ended OK'
      if (result === 'KO') return 'Ended Not OK'
    }
  },
}
