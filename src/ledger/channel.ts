import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { PoolConfig } from 'pg'
import type { Channel, Listener, News, Position } from '../runs/replicas.ts'
import { LedgerError } from '../runs/store.ts'
import { type ListeningSession, listen } from './listen.ts'
import { createNotifier } from './notify.ts'
import { LedgerOpenError } from './open-error.ts'
import { mayPass } from './postgres-pool.ts'
import type { Tables } from './tables.ts'

export interface ChannelDeps {
  /** Notifies the others. */
  db: Kysely<Tables>
  /** Where a session can be had that is not shared. */
  server: PoolConfig
}

/** How often the pauses, and the runs that are waited for, are looked at, whatever notifications came. */
const LOOK_MS = 5_000
const PROOF_MS = 2_000
const BACKOFF_MS = 250

/** @throws LedgerOpenError when this process does not get its own notifications; LedgerError when it cannot send any */
export async function openChannel({ db, server }: ChannelDeps, listener: Listener): Promise<Channel> {
  const { clock, hear, hearPauses, waited, onError } = listener
  const self = randomUUID()
  const ownArrived = new AbortController()
  const closing = new AbortController()
  const name = await nameChannel(db)
  let sent = true
  const notifier = createNotifier(db, name, (error) => {
    sent = false
    onError(error)
  })

  const openSession = () =>
    listen(server, name, (payload) => {
      const message = decode(payload)
      if (message?.from === self) ownArrived.abort()
      else if (message?.news) hear(message.news)
      else if (message?.pauses) hearPauses()
    })

  async function look(): Promise<void> {
    hearPauses()
    for (const news of await findChanged(db, waited())) hear(news)
  }

  async function keep(first: ListeningSession): Promise<void> {
    let session = first
    let failures = 0
    for (;;) {
      await look().catch(onError)
      await clock.sleep(LOOK_MS, AbortSignal.any([closing.signal, session.broken]))
      if (closing.signal.aborted) return session.close()
      if (await session.isAlive()) {
        failures = 0
      } else {
        session.close()
        // At once, the first time.
        if (failures > 0) await clock.sleep(Math.min(LOOK_MS, BACKOFF_MS * 2 ** failures), closing.signal)
        failures++
        session = await openSession().catch((error) => {
          onError(error)
          return session
        })
      }
    }
  }

  const session = await openSession().catch((error) => {
    if (!(error instanceof LedgerError)) throw error
    const message = `The ledger ${describe(server)} cannot be listened to: ${error.message}.`
    throw mayPass(error) ? new LedgerError(message, { cause: error }) : new LedgerOpenError(message)
  })
  notifier.notify(encode({ from: self }))
  await notifier.settled()
  await clock.sleep(PROOF_MS, ownArrived.signal)
  if (!ownArrived.signal.aborted) {
    const isPooled = sent && (await session.isAlive())
    session.close()
    if (!isPooled) throw new LedgerError(`the ledger ${describe(server)} was lost while it was listened to`)
    throw new LedgerOpenError(
      `The replicas on the ledger ${describe(server)} cannot hear each other: what is notified through ledger.url does not arrive there. Where a connection pooler lends sessions by the transaction (PgBouncer's pool_mode=transaction), set ledger.direct to the address of PostgreSQL itself, same database.`,
    )
  }
  const kept = keep(session)
  return {
    notify: (news) => notifier.notify(encode({ from: self, news })),
    async notifyPauses() {
      notifier.notify(encode({ from: self, pauses: 'changed' }))
      await notifier.settled()
    },
    async close() {
      closing.abort()
      await kept
      await notifier.settled()
    },
  }
}

function describe({ user, host, port, database }: PoolConfig): string {
  return `${user}@${host}:${port}/${database}`
}

/** Of this ledger, and of no other one in another schema of the same database. */
async function nameChannel(db: Kysely<Tables>): Promise<string> {
  const { rows } = await sql<{ table: string }>`select 'runs'::regclass::oid::text as table`.execute(db)
  return `job_gateway_${rows[0]?.table}`
}

/** Which of these runs have come further. */
async function findChanged(db: Kysely<Tables>, seen: Position[]): Promise<News[]> {
  if (seen.length === 0) return []
  const columns = [seen.map(({ run_id }) => run_id), seen.map(({ attempt }) => attempt), seen.map((run) => run.version)]
  const { rows } = await sql<Omit<News, 'waited_until'>>`
    select run_id, workspace, number as attempt, attempts.version, due_at
    from unnest(${columns[0]}::text[], ${columns[1]}::bigint[], ${columns[2]}::bigint[])
      as seen (seen_id, seen_attempt, seen_version)
    join runs on runs.id = seen_id
    join attempts on run_id = seen_id and number = runs.attempt
    where (number, attempts.version) <> (seen_attempt, seen_version)`.execute(db)
  return rows.map((row) => ({ ...row, waited_until: null }))
}

/** A payload. Without news of either kind: only to see it arrive. */
interface Message {
  /** Names the process. */
  from: string
  news?: News
  pauses?: 'changed'
}

/** Rises when the news say something else under a name that they had. */
const FORMAT = 1

function encode(message: Message): string {
  return JSON.stringify({ format: FORMAT, ...message })
}

/** undefined: another version's. */
function decode(payload: string): Message | undefined {
  try {
    const message = JSON.parse(payload)
    return message?.format === FORMAT ? message : undefined
  } catch {
    return undefined
  }
}
