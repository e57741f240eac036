import { readFileSync } from 'node:fs'
import type { SecretRef } from './schema/secret-ref.ts'
import { readProfiles } from './unified-auth/profiles.ts'

/** A reference leads to no usable secret; the text names the reference, never a value. */
export class SecretUnavailable extends Error {
  override name = 'SecretUnavailable' as const
}

/**
 * Reads the secret anew at every call, so that a rotated file counts from the next use. Throws SecretUnavailable, also
 * when it has fewer bytes.
 */
export function readSecret(ref: SecretRef, env: NodeJS.ProcessEnv, minBytes = 1): string {
  const [source, text] = look(ref, env)
  if (text === undefined) throw new SecretUnavailable(`${source} is not set`)
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new SecretUnavailable(`${source} is empty`)
  if (/[\r\n]/.test(secret)) throw new SecretUnavailable(`${source} holds more than one line`)
  if (Buffer.byteLength(secret) < minBytes) throw new SecretUnavailable(`${source} holds fewer than ${minBytes} bytes`)
  return secret
}

/** The name of the place, and what is there. */
function look(ref: SecretRef, env: NodeJS.ProcessEnv): [source: string, text: string | undefined] {
  if ('env' in ref) return [`environment variable ${ref.env}`, env[ref.env]]
  const text = readText(ref.file)
  if (!('profile' in ref)) return [ref.file, text]
  const { file, profile, key } = ref
  return [`${key} of profile ${profile} in ${file}`, readProfiles(text).get(profile)?.get(key)]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new SecretUnavailable(`${file} cannot be read (${reasonOf(error)})`)
  }
}

/** `no such file`, `permission denied` …: why the file system refused, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return { ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[code] ?? code
}
