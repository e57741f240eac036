import { accessSync, constants } from 'node:fs'
import type { Finding, Path } from '../problem.ts'
import type { SecretRef } from '../schema/secret-ref.ts'
import { readSecret, reasonOf, SecretUnavailable } from '../secrets.ts'

/** Whether the reference leads to a secret, of so many bytes. */
export function checkSecret(
  ref: SecretRef,
  path: Path,
  env: NodeJS.ProcessEnv,
  { minBytes = 1, cure = 'put the secret there' } = {},
): Finding[] {
  try {
    readSecret(ref, env, minBytes)
    return []
  } catch (error) {
    if (error instanceof SecretUnavailable) return [{ path, message: `${error.message}; ${cure}` }]
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
