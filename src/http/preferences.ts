/** Seconds of `Prefer: wait=` (RFC 7240 §4.3); what else a caller prefers, or cannot spell, is ignored as the RFC asks. */
export function readPreferredWait(prefer: string | undefined): number | undefined {
  const [, seconds] = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(prefer ?? '') ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Whether `Accept` names text/plain and likes it better than JSON (RFC 9110 §12.5.1). Nothing said means JSON. */
export function prefersText(accept: string | undefined): boolean {
  if (!/text\/plain/i.test(accept ?? '')) return false
  let text = 0
  let json = 0
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
    if (type === 'text/plain') text = Math.max(text, quality)
    if (type === 'application/json' || type === 'application/problem+json') json = Math.max(json, quality)
  }
  return text > json
}
