import { setTimeout as sleep } from 'node:timers/promises'
import type { JobName } from './catalogue.ts'
import type { OrderCalls } from './order.ts'

/** What a scheduler does with one order, from its trigger to its last end. */
export interface Scenario {
  job: JobName
  play(calls: OrderCalls, random: () => number): Promise<void>
}

/** One press of the rerun button, and the end that follows. */
async function rerun({ order, trigger, end }: OrderCalls, policy: string): Promise<void> {
  order.presses++
  await trigger(`&rerun=${policy}&rerun_id=${order.presses}`)
  await end()
}

export const SCENARIOS: Scenario[] = [
  {
    job: 'good',
    async play({ trigger, end }) {
      await trigger()
      await end()
    },
  },
  {
    job: 'good',
    async play({ trigger, end }) {
      await trigger('&wait=5&outcome=http&pending=error')
      await end()
      await trigger()
    },
  },
  {
    job: 'good',
    async play(calls) {
      await calls.trigger('&wait=2')
      await calls.end()
      await calls.force()
      await calls.end()
    },
  },
  {
    job: 'moody',
    async play(calls) {
      await calls.trigger('&wait=3&outcome=http')
      const ended = await calls.end()
      if (ended.result === 'KO') await rerun(calls, 'new')
      await rerun(calls, 'replay')
    },
  },
  {
    job: 'broken',
    async play(calls) {
      await calls.trigger()
      await calls.end()
      calls.order.presses++
      await calls.repair()
      await calls.end()
    },
  },
  {
    job: 'broken',
    async play(calls) {
      await calls.trigger('&wait=1')
      await calls.end()
      await rerun(calls, 'repair')
    },
  },
  {
    job: 'slow',
    async play({ trigger, cancel, end }, random) {
      await trigger()
      await sleep(random() * 1_500)
      await cancel()
      await end()
    },
  },
]
