import type { Clock } from '../clock.ts'

/** How far a run has come: the higher attempt is the later, and of one attempt the higher version. */
export interface Position {
  run_id: string
  attempt: number
  /** Of the attempt. */
  version: number
}

/** What one process notifies the others on the same ledger of, about a run. */
export interface News extends Position {
  workspace: string
  /** When its next step is due, epoch ms; null: none. */
  due_at: number | null
  /** Until when somebody waits for it there, epoch ms; null: nothing is told of that. */
  waited_until: number | null
}

/** What a ledger offers that several processes can share. */
export interface Replicas {
  /** This process lives, for so long from now by the database's clock. Resolves with how many do, itself included. */
  attend(holder: string, lifeMs: number): Promise<number>
  leave(holder: string): Promise<void>
  /** @throws LedgerOpenError when the others cannot be heard */
  connect(listener: Listener): Promise<Channel>
}

export interface Listener {
  clock: Clock
  /** Told by another process, or found to be so of a run that is waited for here. */
  hear(news: News): void
  /** Another process has changed the pauses, or may have while nobody could be heard. */
  hearPauses(): void
  /** The runs that are waited for here, as they were last seen. */
  waited(): Position[]
  onError(error: unknown): void
}

/** A connection with the others, which mends itself. */
export interface Channel {
  /** Soon, and once: what gets lost is found by those who wait for it, within seconds. */
  notify(news: News): void
  /** Resolves when it has been sent. */
  notifyPauses(): Promise<void>
  /** Resolves when all of it has been sent. */
  close(): Promise<void>
}
