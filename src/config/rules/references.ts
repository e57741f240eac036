import { accessSync, constants } from 'node:fs'
import type { Finding, Path } from '../problem.ts'
import type { SecretRef } from '../schema/secret-ref.ts'
import { readSecret, reasonOf, SecretUnavailable } from '../secrets.ts'

/** Whether the reference leads to a secret. */
export function checkSecret(ref: SecretRef, path: Path, env: NodeJS.ProcessEnv): Finding[] {
  try {
    readSecret(ref, env)
    return []
  } catch (error) {
    if (error instanceof SecretUnavailable) return [{ path, message: `${error.message}; put the secret there` }]
    throw error
  }
}

/** Whether the file can be read. */
export function checkFile(file: string, path: Path): Finding[] {
  try {
    accessSync(file, constants.R_OK)
    return []
  } catch (error) {
    return [{ path, message: `${file} cannot be read (${reasonOf(error)})` }]
  }
}
