import { createHash } from 'node:crypto'

/**
 * How the configuration holds a client's key. A plain hash is enough: a key is random and long, so no dictionary
 * leads back to it.
 */
export function hashKey(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}
