import { stripVTControlCharacters } from 'node:util'

const MAX_LENGTH = 500

/** A text of unknown origin made fit for a log line and an answer: one line, no markup, none of the `secrets`. */
export function cleanText(text: string, secrets: readonly string[] = []): string {
  const redacted = secrets.filter(Boolean).reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  const line = stripVTControlCharacters(redacted)
    .replace(/<[a-z/!][^>]*>/gi, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}
