import { join } from 'node:path'
import type { Test } from 'tap'
import type { LedgerOptions } from '../../src/ledger/open.ts'
import type { Run } from '../../src/runs/run.ts'
import type { RunStore } from '../../src/runs/store.ts'
import { AFTER_NEXT, NEXT, THIS_VERSION, writeVersion } from '../support/versions.ts'
import { sampleAttempt, sampleRun } from './sample.ts'

/** An empty database. */
export interface SchemaSubject {
  options: LedgerOptions
  /** Acts on the database beside the program, while no store is open. */
  execute(statement: string): Promise<void>
}

/** How a program and the schema of another version get on. */
export async function schemaContract(t: Test, fresh: (t: Test) => Promise<SchemaSubject>): Promise<void> {
  const folder = t.testdir()
  const current = THIS_VERSION
  const next = await writeVersion(join(folder, 'next'), NEXT)
  const afterNext = await writeVersion(join(folder, 'after-next'), AFTER_NEXT)

  t.test('the program works on the schema of the next version', async (t) => {
    const { options } = await fresh(t)
    const first = await current.openLedger(options)
    await useEverything(t, first)
    await first.close()
    t.match(await next.migrateLedger(options), { to: '9998-later' })
    for (const migrations of ['at_start', 'manual'] as const) {
      const store = await current.openLedger({ ...options, migrations })
      await useEverything(t, store)
      await store.close()
    }
    t.same(await current.migrateLedger(options), { from: '9998-later', to: '9998-later' }, 'which it leaves as it is')
  })

  t.test('of two versions ahead it is refused, with both named, and left alone', async (t) => {
    const { options } = await fresh(t)
    await (await current.openLedger(options)).close()
    await afterNext.migrateLedger(options)
    const refusal = { name: 'LedgerOpenError', message: /newer version.* 9999-last, this version knows \d{4}-[a-z-]+ / }
    await t.rejects(current.openLedger(options), refusal)
    await t.rejects(current.migrateLedger(options), refusal)
    for (const version of [next, afterNext]) {
      const store = await version.openLedger({ ...options, migrations: 'manual' })
      await useEverything(t, store)
      await store.close()
    }
  })

  t.test('an older one is brought up at the start, and keeps what it holds', async (t) => {
    const { options } = await fresh(t)
    const before = await current.openLedger(options)
    const run = sampleRun({ key: 'old' })
    await before.insert(run)
    await before.close()
    const store = await next.openLedger(options)
    t.same(await store.get(run.id), run)
    t.match(await store.insert(sampleRun({ key: 'old' })), { inserted: false, holder: run })
    await useEverything(t, store)
    await store.close()
    t.match(await next.migrateLedger(options), { from: '9998-later' })
  })

  t.test('migrations: manual waits for the command', async (t) => {
    const { options } = await fresh(t)
    const manual = { ...options, migrations: 'manual' } as const
    const refusal = (found: RegExp) => ({
      name: 'LedgerOpenError',
      message: new RegExp(`^The ledger ${found.source}, this version needs .* run "job-gateway ledger migrate" first`),
    })
    await t.rejects(current.openLedger(manual), refusal(/is empty/))
    const { from, to } = await current.migrateLedger(options)
    t.equal(from, undefined)
    t.match(to, /^\d{4}-[a-z-]+$/)
    t.same(await current.migrateLedger(options), { from: to, to }, 'the second time there is nothing to do')
    await (await current.openLedger(manual)).close()
    await t.rejects(next.openLedger(manual), refusal(new RegExp(`has schema ${to}`)))
    t.same(await next.migrateLedger(options), { from: to, to: '9998-later' })
    await (await next.openLedger(manual)).close()
  })

  t.test('a migration that fails leaves nothing behind', async (t) => {
    const { options, execute } = await fresh(t)
    // A table of someone else's, in the way of one of ours.
    await execute('create table settings (id integer)')
    await t.rejects(current.openLedger(options), { name: /^Ledger(Open)?Error$/, message: /settings/ })
    await execute('drop table settings')
    await (await current.openLedger(options)).close()
  })
}

async function useEverything(t: Test, store: RunStore): Promise<void> {
  const run = sampleRun({ key: crypto.randomUUID() })
  t.same(await store.insert(run), { inserted: true })
  t.match(await store.insert(sampleRun({ key: run.key })), { inserted: false, holder: { id: run.id } })
  await store.bringForward(run.id, 1, 1)
  const end = { state: 'FAILED', result: 'KO', cause: 'cluster', finished_at: 5, due_at: null } as const
  t.ok(await store.update(run, end, { job: run.job, state: 'FAILED', result: 'KO', cause: 'cluster' }))
  await store.tell(run.id, 1, 6)
  await store.keepOutput(run.id, 1, [])
  t.ok(await store.addAttempt((await store.get(run.id)) as Run, sampleAttempt({ number: 2, due_at: 7 })))
  await store.sight([{ run_id: run.id, attempt: 2, observed_at: 8, due_at: 9 }])
  t.match(await store.get(run.id), { attempt: { number: 2, observed_at: 8, due_at: 9 } })
  t.ok((await store.list({ jobs: null, limit: 10 })).length > 0)
  t.ok(await store.lease('watch', 'a', 1_000))
  await store.releaseLease('watch', 'a')
}
