import fc from 'fast-check'
import t from 'tap'
import type { ChaosOptions } from './options.ts'
import { FAULT_KINDS, makeSchedule } from './schedule.ts'

const options = fc.record<ChaosOptions>({
  minutes: fc.integer({ min: 1, max: 10 }),
  seed: fc.nat(),
  ledger: fc.constantFrom('postgres', 'sqlite'),
  gateways: fc.integer({ min: 1, max: 5 }),
})

t.test('the same seed makes the same schedule, another one another', async () => {
  fc.assert(
    fc.property(options, (options) => {
      const schedule = JSON.stringify(makeSchedule(options))
      return (
        schedule === JSON.stringify(makeSchedule(options)) &&
        schedule !== JSON.stringify(makeSchedule({ ...options, seed: options.seed + 1 }))
      )
    }),
  )
})

t.test('faults come in order, are over in time, hit what exists, and one at a time in each lane', async () => {
  fc.assert(
    fc.property(options, (options) => {
      const freeAt = new Map<number, number>()
      let last = 0
      for (const { at, ms, lane, gateway } of makeSchedule(options)) {
        if (at < last || at < (freeAt.get(lane) ?? 0) || at + ms > options.minutes * 60_000) return false
        if (gateway !== null && gateway >= options.gateways) return false
        freeAt.set(lane, at + ms)
        last = at
      }
      return true
    }),
  )
})

t.test('in ten minutes everything happens that can', async (t) => {
  const kindsOf = (ledger: ChaosOptions['ledger'], gateways: number) =>
    new Set(makeSchedule({ minutes: 10, seed: 1, ledger, gateways }).map(({ kind }) => kind))
  t.same(kindsOf('postgres', 4), new Set(FAULT_KINDS))
  const others = FAULT_KINDS.filter((kind) => !kind.includes('ledger') && !kind.includes('postgres'))
  t.same(kindsOf('sqlite', 1), new Set(others))
})
