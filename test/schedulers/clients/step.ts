import { setTimeout as sleep } from 'node:timers/promises'

/** What somebody fills in when they define the step in their scheduler. */
export interface Step {
  /** How callers reach the gateway. */
  url: string
  user: string
  password: string
  job: string
  key: string
  /** The scheduler's pace: how long one of its seconds lasts in the test, ms. */
  secondMs: number
}

/** A scheduler as its documentation describes it, with no other help. */
export interface Scheduler {
  /** What the gateway's configuration says of it. */
  client: Record<string, unknown>
  /** Runs the step to its end; resolves with the scheduler's own words for how that was. */
  run(step: Step): Promise<string>
}

export function basic({ user, password }: Step): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Waits as the scheduler does between two of its calls. */
export async function pause({ secondMs }: Step, seconds: number): Promise<void> {
  await sleep(seconds * secondMs)
}

/** A field of a flat JSON object by a JSONPath such as `$.result`, as text. */
export function extract(text: string, path: string): string {
  const body: Record<string, unknown> = JSON.parse(text)
  return String(body[path.replace(/^\$\./, '')])
}
