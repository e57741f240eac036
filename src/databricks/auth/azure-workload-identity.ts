import type { Grant } from './credential.ts'
import { createEntra, type EntraDeps, type EntraSettings } from './entra.ts'
import { readSecret, type Secret } from './secret.ts'

export interface AzureWorkloadIdentitySettings extends EntraSettings {
  /** The JWT that Kubernetes projects and keeps fresh; Entra trusts it by a federated credential. */
  federated_token: Secret
}

/** A service principal or managed identity of Microsoft Entra, by a token of where it runs (RFC 7523 §2.2). */
export function createAzureWorkloadIdentity(
  settings: AzureWorkloadIdentitySettings,
  deps: EntraDeps,
): () => Promise<Grant> {
  const prove = async () => {
    const assertion = await readSecret(settings.federated_token, 'federated token')
    return {
      form: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      },
      secrets: [assertion],
    }
  }
  return createEntra(settings, prove, deps)
}
