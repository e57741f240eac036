import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsConfig } from './schema/server.ts'

/** A certificate with its key, as PEM. */
export interface Certificate {
  cert: string
  key: string
  /** When it ends, epoch ms. */
  expiresAt: number
}

/** Reads the pair, and throws when the one does not belong to the other or TLS cannot use them. */
export function readCertificate(tls: TlsConfig): Certificate {
  const cert = readFileSync(tls.certificate.file, 'utf8')
  const key = readFileSync(tls.key.file, 'utf8')
  createSecureContext({ cert, key })
  return { cert, key, expiresAt: new X509Certificate(cert).validToDate.getTime() }
}
