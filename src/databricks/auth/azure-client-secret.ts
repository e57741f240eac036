import type { Grant } from './credential.ts'
import { createEntra, type EntraDeps, type EntraSettings } from './entra.ts'
import { readSecret, type Secret } from './secret.ts'

export interface AzureClientSecretSettings extends EntraSettings {
  client_secret: Secret
}

/** A service principal of Microsoft Entra, by its client secret. */
export function createAzureClientSecret(settings: AzureClientSecretSettings, deps: EntraDeps): () => Promise<Grant> {
  const prove = async () => {
    const secret = await readSecret(settings.client_secret, 'client secret')
    return { form: { client_secret: secret }, secrets: [secret] }
  }
  return createEntra(settings, prove, deps)
}
