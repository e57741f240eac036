import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import type { Clock } from '../clock.ts'

/** The keys of an issuer are not known, and it cannot be asked for them. */
export class IssuerUnavailable extends Error {
  override name = 'IssuerUnavailable' as const
}

interface IssuerKeysDeps {
  /** Asks the issuer; whatever it gives is looked at before it is used. */
  fetchKeys: () => Promise<unknown>
  clock: Clock
  onTrouble: (error: unknown) => void
}

/** So long keys are not asked for again; a key that the issuer takes back counts no longer than that. */
const FRESH_MS = 10 * 60_000
/** So long they go on while the issuer cannot be asked. */
const KEPT_MS = 24 * 3_600_000
/** Whatever callers send, and however ill the issuer is, it is asked once in this time. */
const COOLDOWN_MS = 30_000

/**
 * The issuer's public keys (RFC 7517), fetched when first needed, then kept. Rejects with JWKSNoMatchingKey of jose when
 * the issuer has no such key, and with IssuerUnavailable when that cannot be known.
 */
export function createIssuerKeys({ fetchKeys, clock, onTrouble }: IssuerKeysDeps): JWTVerifyGetKey {
  const elapsed = clock.elapsed ?? clock.now
  let held: { find: LocalJWKSet; since: number } | undefined
  let askedAt: number | undefined
  let trouble: unknown
  let asking: Promise<void> | undefined

  /** One for all who wait. */
  function refresh(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  async function ask(): Promise<void> {
    if (askedAt !== undefined && elapsed() - askedAt < COOLDOWN_MS) return
    askedAt = elapsed()
    try {
      // Throws when it is no set of keys.
      held = { find: createLocalJWKSet((await fetchKeys()) as JSONWebKeySet), since: elapsed() }
      trouble = undefined
    } catch (error) {
      trouble = error
      onTrouble(error)
    }
  }

  /** As long as they may be used. */
  function kept(): LocalJWKSet {
    if (held && elapsed() - held.since < KEPT_MS) return held.find
    throw new IssuerUnavailable('no keys of the issuer are known', { cause: trouble })
  }

  return async (header, token) => {
    if (!held || elapsed() - held.since >= FRESH_MS) await refresh()
    try {
      return await kept()(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await refresh()
      if (trouble !== undefined)
        throw new IssuerUnavailable('a new key of the issuer may not be known', { cause: trouble })
      return kept()(header, token)
    }
  }
}
