import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Scheduler } from './step.ts'

/** A line of crontab with the real curl, which repeats a call on 503 after Retry-After, and ends by 22 from 400 on. */
export const curl: Scheduler = {
  client: { profile: 'one-call', codes: { active: 503 } },
  async run({ url, user, password, job, key }) {
    const options = ['--silent', '--fail-with-body', '--retry', '50', '--user', `${user}:${password}`, '--data', '']
    const child = spawn('curl', [...options, `${url}/trigger/${job}?key=${key}`], { stdio: 'ignore' })
    const [code] = await once(child, 'close')
    return `exit ${code}`
  },
}
