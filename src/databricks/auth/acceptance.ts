import type { Clock } from '../../clock.ts'
import type { Observer } from '../types.ts'

/** Whether Databricks takes our credential, as the calls that end tell. */
export interface Acceptance {
  /** Epoch ms; undefined: it is taken, as far as is known. */
  refusedSince(): number | undefined
  refused(): void
  accepted(): void
}

export function createAcceptance(clock: Clock, observer?: Observer): Acceptance {
  let since: number | undefined
  return {
    refusedSince: () => since,
    refused() {
      if (since !== undefined) return
      since = clock.now()
      observer?.credentialRefused(true)
    },
    accepted() {
      if (since === undefined) return
      since = undefined
      observer?.credentialRefused(false)
    },
  }
}
