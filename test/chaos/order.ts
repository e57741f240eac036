import type { Answer, Caller } from './caller.ts'
import type { JobName } from './catalogue.ts'

/** What a scheduler ordered under one key, and what it was told. */
export interface Order {
  job: JobName
  key: string
  /** Gateway ids of the run, as they were told: the books want one. */
  runIds: Set<string>
  /** How many further attempts it asked for: presses of the rerun button, most of them sent more than once. */
  presses: number
  /** Answers that no scheduler should get. */
  problems: string[]
}

/** The calls about one order. */
export interface OrderCalls {
  order: Order
  /** Twice at once, to any gateways. */
  trigger(options?: string): Promise<Answer>
  /** The same with rerun=force, which asks for another attempt each time that it is sent. */
  force(): Promise<Answer>
  /** The run's end, told by an await. */
  end(): Promise<Answer['body']>
  /** Twice at once. */
  cancel(): Promise<void>
  repair(): Promise<void>
}

const TRIGGER_STATUSES = new Set([200, 202, 409, 424, 425])
const AWAIT_STATUSES = new Set([200, 409, 424])

export function placeOrder({ insist }: Caller, job: JobName, key: string): OrderCalls {
  const order: Order = { job, key, runIds: new Set(), presses: 0, problems: [] }

  function note(what: string, { status, body }: Answer, expected: Set<number>): void {
    if (!expected.has(status)) order.problems.push(`${what} of ${key} was answered ${status} ${JSON.stringify(body)}`)
    else order.runIds.add(body.id)
  }

  async function twice(what: string, expected: Set<number>, call: () => Promise<Answer>): Promise<Answer> {
    const [first, second] = await Promise.all([call(), call()])
    note(what, first, expected)
    note(what, second, expected)
    return first
  }

  const byKey = `job=${job}&key=${key}`
  return {
    order,
    trigger: (options = '') =>
      twice('a trigger', TRIGGER_STATUSES, () => insist('POST', `/trigger/${job}?key=${key}${options}`)),
    force: () =>
      twice('a trigger', TRIGGER_STATUSES, () =>
        insist('POST', `/trigger/${job}?key=${key}&rerun=force`, () => order.presses++),
      ),
    async end() {
      for (;;) {
        const answer = await insist('GET', `/await?${byKey}&wait=10`)
        if (answer.status === 202) continue
        note('an await', answer, AWAIT_STATUSES)
        return answer.body
      }
    },
    async cancel() {
      await twice('a cancel', new Set([200, 202]), () => insist('POST', `/cancel?${byKey}`))
    },
    async repair() {
      // 422: the run is active again already, as another attempt than a repair, or it ended well meanwhile.
      const call = () => insist('POST', `/runs/${[...order.runIds][0]}/repair`)
      const answers = await Promise.all([call(), call()])
      for (const answer of answers) if (answer.status !== 422) note('a repair', answer, TRIGGER_STATUSES)
    },
  }
}
