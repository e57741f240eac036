import fc from 'fast-check'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import t from 'tap'
import { createExposition } from '../../src/metrics/exposition.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 5 })
const label = fc.oneof(text, fc.constantFrom('', '"', '\\', '\n', 'a,b="c"'))
const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }))

/** A blank line between metrics means nothing. */
const linesOf = (exposed: string) => exposed.split('\n').filter((line) => line !== '')

t.test('says what the registry itself would say', async (t) => {
  const sample = fc.record({ job: label, state: label, value })
  await fc.assert(
    fc.asyncProperty(fc.array(sample), fc.array(text), async (samples, helps) => {
      const registry = new Registry()
      const common = { registers: [registry], labelNames: ['job', 'state'] }
      const help = helps.join('\n\\') || 'help'
      const counter = new Counter({ ...common, name: 'a_total', help })
      const gauge = new Gauge({ ...common, name: 'b', help })
      const histogram = new Histogram({ ...common, name: 'c_seconds', help, buckets: [0.1, 5] })
      new Gauge({ registers: [registry], name: 'd', help }).set(1)
      const expose = createExposition(registry)
      for (const { job, state, value } of samples) {
        if (Number.isFinite(value)) {
          counter.inc({ job, state }, Math.abs(value))
          gauge.set({ job, state }, value)
          histogram.observe({ job, state }, value)
        }
        t.same(linesOf(await expose()), linesOf(await registry.metrics()))
      }
    }),
    { numRuns: 50 },
  )
})
