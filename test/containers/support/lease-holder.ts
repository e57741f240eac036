import { systemClock } from '../../../src/clock.ts'
import { openLedger } from '../../../src/ledger/open.ts'
import { createLease } from '../../../src/runs/watch/lease.ts'
import { PASSWORD } from './postgres.ts'

// A process that keeps the lease `watch`, and prints `true` or `false` whenever it gets or loses it.
const [url = ''] = process.argv.slice(2)
const store = await openLedger({ url, password: () => PASSWORD, instance: 'test' })
const lease = createLease({ store, clock: systemClock, name: 'watch', holder: `${process.pid}`, onError: () => {} })
void lease.keep(new AbortController().signal)
let told: boolean | undefined
setInterval(() => {
  if (lease.held() !== told) process.stdout.write(`${lease.held()}\n`)
  told = lease.held()
}, 20)
