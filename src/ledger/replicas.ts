import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { PoolConfig } from 'pg'
import type { Replicas } from '../runs/replicas.ts'
import { openChannel } from './channel.ts'
import type { WriteOne } from './commit.ts'
import type { Tables } from './tables.ts'

export interface ReplicasDeps {
  db: Kysely<Tables>
  writeOne: WriteOne
  /** The database's clock, epoch ms. */
  now: RawBuilder<number>
  /** Where a session can be had that is not shared. */
  server: PoolConfig
}

const PREFIX = 'replica:'

/** The processes on one PostgreSQL ledger: who lives is a lease of his own each, taken away when it is over. */
export function createReplicas({ db, writeOne, now, server }: ReplicasDeps): Replicas {
  return {
    // One statement, which sees the leases as they were before it: the own one is counted apart.
    attend: (holder, lifeMs) =>
      writeOne(async (on) => {
        const own = PREFIX + holder
        const others = sql`name like ${`${PREFIX}%`} and name <> ${own}`
        const { rows } = await sql<{ count: number }>`
          with renewed as (
            insert into leases (name, holder, epoch, expires_at) values (${own}, ${holder}, 1, ${now} + ${lifeMs})
            on conflict (name) do update set expires_at = excluded.expires_at
          ), gone as (
            delete from leases where ${others} and expires_at <= ${now}
          )
          select count(*) from leases where ${others} and expires_at > ${now}`.execute(on)
        return 1 + (rows[0]?.count ?? 0)
      }),

    leave: async (holder) => {
      await writeOne((on) =>
        on
          .deleteFrom('leases')
          .where('name', '=', PREFIX + holder)
          .execute(),
      )
    },

    connect: (listener) => openChannel({ db, server }, listener),
  }
}
