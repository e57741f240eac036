import t from 'tap'
import { keepPurging } from '../../src/runs/purge.ts'
import type { RunStore } from '../../src/runs/store.ts'

const DAY_MS = 86_400_000
const RETENTIONS = { retentionMs: 90 * DAY_MS, auditRetentionMs: 500 * DAY_MS }
const NOW = Date.UTC(2026, 10, 22)

/** Purges with these answers of the ledger, and notes what was asked and how long was slept after each. */
async function purgeWith(answers: (boolean | Error)[]) {
  const asked: Parameters<RunStore['purge']>[0][] = []
  const slept: number[] = []
  const errors: unknown[] = []
  const stopping = new AbortController()
  const clock = {
    now: () => NOW,
    async sleep(ms: number) {
      slept.push(ms)
      if (slept.length === answers.length) stopping.abort()
    },
  }
  const store: Pick<RunStore, 'purge'> = {
    async purge(what) {
      asked.push(what)
      const answer = answers[asked.length - 1] ?? false
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  await keepPurging({ store, clock, ...RETENTIONS, onError: (e) => errors.push(e) }, stopping.signal)
  return { asked, slept, errors }
}

t.test('small batches with room between them while there is more, then a look an hour', async (t) => {
  const { asked, slept } = await purgeWith([true, true, false, false])
  t.same(slept, [250, 250, 3_600_000, 3_600_000])
  const round = {
    endedBefore: NOW - 90 * DAY_MS,
    tombstonesBefore: NOW - 400 * DAY_MS,
    eventsBefore: NOW - 500 * DAY_MS,
    now: NOW,
    limit: 20,
  }
  t.same(asked, [round, round, round, round])
})

t.test('a ledger that fails is asked again an hour later', async (t) => {
  const broken = new Error('disk I/O error')
  const { slept, errors } = await purgeWith([broken, true])
  t.same(slept, [3_600_000, 250])
  t.same(errors, [broken])
})
