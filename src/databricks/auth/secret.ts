import { DatabricksError } from '../errors.ts'

/** Read anew each time it is needed, so that a rotated secret is taken up without a restart. */
export type Secret = () => string | Promise<string>

/** Rejects with a DatabricksError of kind `credential`. */
export async function readSecret(secret: Secret, name: string): Promise<string> {
  try {
    return await secret()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DatabricksError(`The Databricks ${name} could not be read: ${why}`, {
      kind: 'credential',
      reason: 'credential',
      sent: false,
      cause,
    })
  }
}
