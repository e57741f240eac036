import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import type { AuditDetail, AuditEvent } from './runs/audit.ts'

/** What had the configuration read: somebody's signal, or a change of its files. */
export type ReloadCause = 'signal' | 'change'

/** What an auditor is told of reloads. */
export interface AuditReload {
  /** Resolves once the ledger has it, or has failed to take it: the configuration is in force all the same. */
  applied(cause: ReloadCause, before: Config, next: Config, changed: string[]): Promise<void>
  refused(cause: ReloadCause): void
}

export interface AuditReloadDeps {
  /** Into the ledger. */
  record: (event: AuditEvent) => Promise<void>
  clock: Clock
  log: Logger
}

export function createAuditReload({ record, clock, log }: AuditReloadDeps): AuditReload {
  // Each replica has a configuration of its own.
  const host = hostname()

  function tell(result: 'applied' | 'refused', detail: AuditDetail): void {
    log.info({ event: 'audit', action: 'reload', result, ...detail }, 'audit')
  }

  return {
    async applied(cause, before, next, changed) {
      const detail = { host, cause, changed, config_before: digest(before), config_after: digest(next) }
      tell('applied', detail)
      const nobody = { client: null, key_id: null, remote_address: null, ref: null }
      const nowhere = { workspace: null, job: null, run_id: null, attempt: null }
      try {
        await record({ at: clock.now(), action: 'reload', result: 'applied', ...nobody, ...nowhere, detail })
      } catch (err) {
        log.error({ event: 'audit.unrecorded', err }, 'the configuration was reloaded, and the ledger does not know')
      }
    },
    refused: (cause) => tell('refused', { host, cause }),
  }
}

/** The same for the same configuration, in whatever order its files say it. It holds references to secrets, no secrets. */
function digest(config: Config): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(config, sortKeys)).digest('hex')}`
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
