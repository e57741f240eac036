import { askProgram } from './ask-program.ts'
import type { Accepted, AcceptedOrder } from './load/accepted.ts'
import type { AddedTime, AddedTimeOrder } from './load/added-time.ts'
import type { Burst, BurstOrder } from './load/burst.ts'
import type { Crowd, CrowdOrder } from './load/crowd.ts'
import type { Held, HoldOrder } from './load/hold.ts'
import type { PollOrder, Polls } from './load/poll.ts'
import type { Throughput, ThroughputOrder } from './load/throughput.ts'

/** Programs that make load: each reads its order as JSON from standard input and prints its result as JSON. */
interface Loads {
  accepted: [AcceptedOrder, Accepted]
  'added-time': [AddedTimeOrder, AddedTime]
  burst: [BurstOrder, Burst]
  crowd: [CrowdOrder, Crowd]
  hold: [HoldOrder, Held]
  poll: [PollOrder, Polls]
  throughput: [ThroughputOrder, Throughput]
}

const TIMEOUT_MS = 120_000

/** Makes load from a process of its own. */
export function makeLoad<Name extends keyof Loads>(name: Name, order: Loads[Name][0]): Promise<Loads[Name][1]> {
  return askProgram(new URL(`load/${name}.ts`, import.meta.url), order, TIMEOUT_MS)
}
