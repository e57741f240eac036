import { compileJobPatterns } from '../config/job-patterns.ts'
import type { ClientConfig, Permission } from '../config/schema/clients.ts'

/** Who is calling, and what it may do. */
export interface Caller {
  /** What idempotency keys are bound to. */
  readonly id: string
  readonly name: string
  /** Which of the client's keys, by 8 hex digits of its hash, or whose token, by issuer and subject; safe to log. */
  readonly key_id: string
  readonly config: ClientConfig
  may(permission: Permission): boolean
  /** A job that the caller does not see is answered like one that does not exist. */
  sees(job: string): boolean
  readonly seesAll: boolean
}

export function createCaller(name: string, config: ClientConfig, keyId: string): Caller {
  const permissions = new Set<Permission>(config.permissions)
  return {
    id: config.id,
    name,
    key_id: keyId,
    config,
    may: (permission) => permissions.has(permission),
    sees: compileJobPatterns(config.jobs),
    seesAll: config.jobs.includes('*'),
  }
}
