import type { Row } from './bench.ts'
import { accepted } from './rows/accepted.ts'
import { burst } from './rows/burst.ts'
import { memory } from './rows/memory.ts'
import { read } from './rows/read.ts'
import { start } from './rows/start.ts'
import { triggerLatency } from './rows/trigger-latency.ts'
import { triggerThroughput } from './rows/trigger-throughput.ts'
import { waiters } from './rows/waiters.ts'
import { watch } from './rows/watch.ts'

/** In the order in which they are measured and shown. */
export const ROWS: Row[] = [read, triggerLatency, triggerThroughput, burst, accepted, waiters, start, memory, watch]
