import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createHearing } from '../../src/runs/hear.ts'
import type { News } from '../../src/runs/replicas.ts'
import type { Run } from '../../src/runs/run.ts'
import { createWaits } from '../../src/runs/wait.ts'
import { createUsualDurations } from '../../src/runs/watch/usual.ts'
import { createManualClock } from '../databricks/support/manual-clock.ts'
import { sampleRun } from '../ledger/sample.ts'

/** One process, a ledger that another one writes to, and what is asked of it. */
function setup() {
  const clock = createManualClock(1_000)
  const rows = new Map<string, Run>()
  const reads: string[] = []
  const due: [workspace: string, at: number][] = []
  const store = {
    async get(id: string) {
      reads.push(id)
      return rows.get(id)
    },
  }
  const waits = createWaits(clock, () => {})
  const onDue = (workspace: string, at: number) => due.push([workspace, at])
  const hearing = createHearing({ store, waits, clock, onDue, onError: (error) => t.fail(String(error)) })
  const write = (run: Run, version: number, state: Run['attempt']['state']) => {
    const written = { ...run, attempt: { ...run.attempt, version, state } }
    rows.set(run.id, written)
    return written
  }
  return {
    ...{ clock, waits, hearing, reads, due, write },
    wait: (run: Run) =>
      waits.until(
        async () => rows.get(run.id) ?? run,
        run.id,
        ({ attempt }) => attempt.state === 'SUCCEEDED',
        {
          until: 60_000,
        },
      ),
  }
}

const tell = ({ id, attempt }: Run, changes: Partial<News> = {}): News => ({
  ...{ run_id: id, workspace: attempt.workspace, attempt: attempt.number, version: attempt.version },
  ...{ due_at: null, waited_until: null, ...changes },
})

t.test('news of a run that is waited for here have it read, others nothing', async (t) => {
  const { waits, hearing, reads, write, wait } = setup()
  const [run, other] = [sampleRun(), sampleRun()]
  const running = write(run, 3, 'RUNNING')
  const ended = wait(run)
  await setImmediate()
  t.same(waits.waited(), [{ run_id: run.id, attempt: 1, version: 3 }], 'as it was read')

  hearing.hear(tell(write(other, 9, 'SUCCEEDED')))
  hearing.hear(tell(running))
  hearing.hear(tell(running, { version: 2 }))
  await setImmediate()
  t.same(reads, [], 'nobody waits for it, or it is known')

  hearing.hear(tell(write(run, 4, 'RUNNING')))
  await setImmediate()
  t.same(waits.waited(), [{ run_id: run.id, attempt: 1, version: 4 }])
  hearing.hear(tell(write(run, 5, 'SUCCEEDED')))
  t.equal((await ended).attempt.version, 5)
  t.same(reads, [run.id, run.id])
  t.same(waits.waited(), [])
})

t.test('the next attempt is later than any version of the one before', async (t) => {
  const { hearing, reads, write, wait } = setup()
  const run = sampleRun()
  write(run, 7, 'RUNNING')
  const ended = wait(run)
  await setImmediate()
  const again = sampleRun({ id: run.id }, { number: 2, version: 1, state: 'SUCCEEDED' })
  write(again, 1, 'SUCCEEDED')
  hearing.hear(tell(again))
  t.equal((await ended).attempt.number, 2)
  t.equal(reads.length, 1)
})

t.test('the watcher is told what is due', async (t) => {
  const { hearing, due } = setup()
  hearing.hear(tell(sampleRun(), { due_at: 5_000 }))
  hearing.hear(tell(sampleRun()))
  t.same(due, [['main', 5_000]])
})

t.test('a run counts as waited for as long as somebody said, wherever', async (t) => {
  const { clock, hearing } = setup()
  const runs = [4_000, 2_000, 3_000].map((until) => ({ run: sampleRun(), until }))
  const waited = () => runs.map(({ run }) => hearing.isWaitedElsewhere(run.id))
  for (const { run, until } of runs) hearing.hear(tell(run, { waited_until: until }))
  const [first] = runs
  if (first) hearing.hear(tell(first.run, { waited_until: 2_500 }))
  t.same(waited(), [true, true, true])
  clock.advance(1_500)
  t.same(waited(), [true, false, true])
  clock.advance(1_000)
  t.same(waited(), [true, false, false], 'the longest counts')
  hearing.hear(tell(sampleRun(), { waited_until: 9_000 }))
  clock.advance(1_000)
  t.same(waited(), [false, false, false])
})

t.test('what another process taught the ledger of a job is known after a minute', async (t) => {
  const clock = createManualClock(0)
  let durations = [60_000]
  const usual = createUsualDurations({ durations: async () => durations }, clock.now)
  t.same(await usual.of('load'), { median: 60_000, p90: 60_000 })
  durations = [90_000]
  clock.advance(59_999)
  t.same(await usual.of('load'), { median: 60_000, p90: 60_000 })
  clock.advance(1)
  t.same(await usual.of('load'), { median: 90_000, p90: 90_000 })
  durations = [30_000]
  usual.forget('load')
  t.same(await usual.of('load'), { median: 30_000, p90: 30_000 })
})
