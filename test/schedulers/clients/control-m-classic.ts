import { basic, extract, pause, type Scheduler, type Step } from './step.ts'

const REALM = 'databricks-job-gateway'
/** Longer URLs do not fit into the field. */
const LONGEST_URL = 214

/**
 * Control-M for Web Services, REST: nothing but 200 is a success, and any other status is the completion status that
 * an If-Action may match. The first call carries no credentials; they are sent to the realm of the profile only.
 */
async function invoke(step: Step, method: string, path: string): Promise<{ status: number; text: string }> {
  const url = step.url + path
  if (url.length > LONGEST_URL) throw new Error(`${url} does not fit`)
  let response = await fetch(url, { method, redirect: 'manual' })
  if (response.status === 401 && response.headers.get('www-authenticate')?.startsWith(`Basic realm="${REALM}"`)) {
    await response.text()
    response = await fetch(url, { method, redirect: 'manual', headers: { authorization: basic(step) } })
  }
  return { status: response.status, text: await response.text() }
}

/** Two jobs: one submits and keeps the id, the other asks for the outcome and is rerun on completion status 425. */
export const controlMClassic: Scheduler = {
  client: { profile: 'control-m' },
  async run(step) {
    const query = new URLSearchParams({ key: step.key, accepted: '200', outcome: 'body', wait: '0' })
    const submitted = await invoke(step, 'POST', `/trigger/${step.job}?${query}`)
    if (submitted.status !== 200) return `Ended Not OK (${submitted.status})`
    const id = extract(submitted.text, '$.id')
    for (;;) {
      const { status } = await invoke(step, 'GET', `/runs/${id}?outcome=http&pending=error&wait=45`)
      if (status === 200) return 'Ended OK'
      if (status !== 425) return `Ended Not OK (${status})`
      await pause(step, 60)
    }
  },
}
