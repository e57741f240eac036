import type { Clock } from '../../clock.ts'
import type { Credential } from './credential.ts'
import { readSecret, type Secret } from './secret.ts'

export interface PatSettings {
  token: Secret
}

/** A personal access token. It is read for each request, since nothing tells when it is replaced. */
export function createPat({ token }: PatSettings, clock: Clock): Credential {
  return {
    async token() {
      const value = await readSecret(token, 'token')
      return { headers: { authorization: `Bearer ${value}` }, secrets: [value], issuedAt: clock.now() }
    },
    drop() {},
    expiresAt: () => null,
  }
}
