import { createRandom } from '../../src/simulator/random.ts'
import { type Caller, createCaller } from './caller.ts'
import { type Order, placeOrder } from './order.ts'
import type { Replica } from './replica.ts'
import { SCENARIOS } from './scenarios.ts'

export interface Load {
  orders: Order[]
  caller: Caller
  /** Places no more orders; resolves when those that were placed are through. */
  stop(): Promise<void>
}

/** Schedulers at work at the same time. */
const AT_ONCE = 24

/** @param patience once it is aborted, whoever still waits does so no longer, and that is noted */
export function startLoad(replicas: Replica[], seed: number, patience: AbortSignal): Load {
  const random = createRandom(seed)
  const caller = createCaller(replicas, random, patience)
  const orders: Order[] = []
  let stopping = false

  async function work(): Promise<void> {
    while (!stopping) {
      const scenario = SCENARIOS[Math.floor(random() * SCENARIOS.length)]
      if (!scenario) throw new Error('there are no scenarios')
      const calls = placeOrder(caller, scenario.job, `K-${orders.length + 1}`)
      orders.push(calls.order)
      await scenario.play(calls, random).catch((error: unknown) => {
        const { key, problems } = calls.order
        if (patience.aborted) caller.hung.push(`${key} is not through`)
        else problems.push(`${key}: ${error}`)
      })
    }
  }

  const working = Promise.all(Array.from({ length: AT_ONCE }, work))
  return {
    orders,
    caller,
    async stop() {
      stopping = true
      await working
    },
  }
}
