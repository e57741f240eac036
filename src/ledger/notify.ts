import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** Sends notifications on a channel of PostgreSQL, in order. */
export interface Notifier {
  notify(payload: string): void
  /** Resolves when all of them were sent, or lost. */
  settled(): Promise<void>
}

const AT_ONCE = 500

/**
 * What is notified while another statement is on its way goes together with the next. Not in the transactions that it is
 * about: PostgreSQL lets those that notify commit only one after the other, each with its own wait for the disk, which
 * more than halves the triggers per second.
 */
export function createNotifier(db: Kysely<Tables>, channel: string, onError: (error: unknown) => void): Notifier {
  let queue: string[] = []
  let sending: Promise<void> | undefined

  async function send(): Promise<void> {
    while (queue.length > 0) {
      const payloads = queue.slice(0, AT_ONCE)
      queue = queue.slice(AT_ONCE)
      const notify = sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`
      await notify.execute(db).catch(onError)
    }
    sending = undefined
  }

  return {
    notify(payload) {
      queue.push(payload)
      sending ??= send()
    },
    async settled() {
      await sending
    },
  }
}
