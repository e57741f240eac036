import type { SecretRef } from './config/schema/secret-ref.ts'
import { SIGNING_KEY_BYTES } from './config/schema/server.ts'
import { readSecret, SecretUnavailable } from './config/secrets.ts'

export interface SigningKeyDeps {
  env: NodeJS.ProcessEnv
  /** Told of each key that is read, so that the log can hide it. */
  onSecret: (secret: string) => void
  /** Told, once for each trouble, of a key that cannot be read. */
  onTrouble: (message: string) => void
}

/** The keys as they are now, read anew at each use; one that cannot be read is as it was before. */
export type ReadSigningKeys = (refs: readonly SecretRef[]) => string[]

export function createReadSigningKeys({ env, onSecret, onTrouble }: SigningKeyDeps): ReadSigningKeys {
  const known = new Map<string, string>()
  const troubles = new Map<string, string>()

  return (refs) =>
    refs.flatMap((ref) => {
      const place = JSON.stringify(ref)
      try {
        const key = readSecret(ref, env, SIGNING_KEY_BYTES)
        onSecret(key)
        known.set(place, key)
        troubles.delete(place)
      } catch (error) {
        if (!(error instanceof SecretUnavailable)) throw error
        if (troubles.get(place) !== error.message) onTrouble(error.message)
        troubles.set(place, error.message)
      }
      return known.get(place) ?? []
    })
}
