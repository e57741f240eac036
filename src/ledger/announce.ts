import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** Sends messages on a channel of the database, in order. */
export interface Announcer {
  announce(message: string): void
  /** Resolves when all of them were sent, or lost. */
  settled(): Promise<void>
}

const AT_ONCE = 500

/**
 * What is told while another message is on its way goes together with the next. Not in the transactions that are told of:
 * PostgreSQL lets those that notify commit only one after the other, each with its own wait for the disk, which more than
 * halves the triggers per second.
 */
export function createAnnouncer(db: Kysely<Tables>, channel: string, onError: (error: unknown) => void): Announcer {
  let queue: string[] = []
  let sending: Promise<void> | undefined

  async function send(): Promise<void> {
    while (queue.length > 0) {
      const messages = queue.slice(0, AT_ONCE)
      queue = queue.slice(AT_ONCE)
      const notify = sql`select pg_notify(${channel}, message) from unnest(${messages}::text[]) as message`
      await notify.execute(db).catch(onError)
    }
    sending = undefined
  }

  return {
    announce(message) {
      queue.push(message)
      sending ??= send()
    },
    async settled() {
      await sending
    },
  }
}
