import { stripVTControlCharacters } from 'node:util'

const MAX_LENGTH = 500

/** A text of unknown origin made fit for a log line and an answer: one line, no markup, none of the `secrets`. */
export function cleanText(text: string, secrets: readonly string[] = []): string {
  const spellings = secrets.filter(Boolean).flatMap(spell)
  // Longest first: a secret that holds another one goes as a whole.
  const redacted = spellings
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  const line = stripVTControlCharacters(redacted)
    .replace(/<[a-z/!][^>]*>/gi, ' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}

/** As it is, and as JSON, a URL and a form write it. */
function spell(secret: string): string[] {
  const form = new URLSearchParams({ '': secret }).toString().slice(1)
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed()), form]
}
