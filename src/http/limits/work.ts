import type { Permission } from '../../config/schema/clients.ts'

/** What a call asks of the gateway: how it counts, and when it is turned away. */
export type Work =
  /** Starts something in Databricks. */
  | 'trigger'
  /** Asks. */
  | 'read'
  /** Asks, and takes everything but 202 for the end. */
  | 'await'
  | 'cancel'
  /** Of those who run the gateway. */
  | 'operations'
  /** Open to all. */
  | 'page'

/** What calls with this permission are, unless their route says otherwise. */
export const WORK_OF: Record<Permission, Work> = {
  trigger: 'trigger',
  repair: 'trigger',
  read: 'read',
  output: 'read',
  cancel: 'cancel',
  metrics: 'operations',
  admin: 'operations',
}
