import type { Test } from 'tap'
import type { RunStore } from '../../src/runs/store.ts'

/** What a lease is in every store of runs. `open` gives an empty one. */
export function leaseContract(t: Test, open: () => Promise<RunStore>): void {
  const fresh = async (t: Test) => {
    const store = await open()
    t.teardown(() => store.close())
    return store
  }

  t.test('a lease has one holder until it is released or over', async (t) => {
    const store = await fresh(t)
    t.ok(await store.lease('watch', 'a', 60_000), 'taken')
    t.ok(await store.lease('watch', 'a', 60_000), 'renewed')
    t.notOk(await store.lease('watch', 'b', 60_000), 'refused to another')
    t.ok(await store.lease('other', 'b', 60_000), 'another lease')
    await store.releaseLease('watch', 'b')
    t.notOk(await store.lease('watch', 'b', 60_000), 'released by its holder only')
    await store.releaseLease('watch', 'a')
    t.ok(await store.lease('watch', 'b', 1), 'released')
    while (!(await store.lease('watch', 'a', 60_000))) t.pass('not over yet')
    t.notOk(await store.lease('watch', 'b', 60_000), 'over, so taken by another')
  })

  t.test('of concurrent claims of a lease one wins', async (t) => {
    const store = await fresh(t)
    const claims = await Promise.all(Array.from({ length: 10 }, (_, index) => store.lease('watch', `${index}`, 60_000)))
    t.equal(claims.filter(Boolean).length, 1)
  })
}
