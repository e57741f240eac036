import type { Row } from './bench.ts'
import { accepted } from './rows/accepted.ts'
import { burst } from './rows/burst.ts'
import { ledger } from './rows/ledger.ts'
import { memory } from './rows/memory.ts'
import { pollers } from './rows/pollers.ts'
import { purge } from './rows/purge.ts'
import { read } from './rows/read.ts'
import { start } from './rows/start.ts'
import { triggerLatency } from './rows/trigger-latency.ts'
import { triggerThroughput } from './rows/trigger-throughput.ts'
import { waiters } from './rows/waiters.ts'
import { watch } from './rows/watch.ts'
import { watch10000 } from './rows/watch-10000.ts'
import { watchStorms } from './rows/watch-storms.ts'

/** In the order in which they are measured and shown. */
export const ROWS: Row[] = [
  read,
  triggerLatency,
  triggerThroughput,
  burst,
  accepted,
  waiters,
  start,
  memory,
  ledger,
  purge,
  pollers,
  watch,
  watch10000,
  watchStorms,
]
