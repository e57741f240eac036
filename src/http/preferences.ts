/** Seconds of `Prefer: wait=` (RFC 7240 §4.3); what else a caller prefers, or cannot spell, is ignored as the RFC asks. */
export function readPreferredWait(prefer: string | undefined): number | undefined {
  const [, seconds] = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(prefer ?? '') ?? []
  return seconds === undefined ? undefined : Number(seconds)
}

/** Whether `Accept` names text/plain and likes it better than JSON. */
export function prefersText(accept: string | undefined): boolean {
  if (!/text\/plain/i.test(accept ?? '')) return false
  return chooseType(accept, ['application/json', 'application/problem+json', 'text/plain']) === 'text/plain'
}

/** Of the types that are offered the one that `Accept` names and likes best (RFC 9110 §12.5.1); the first when in doubt. */
export function chooseType<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  const liked = new Map<string, number>()
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
    liked.set(type, Math.max(liked.get(type) ?? 0, quality))
  }
  return offered.reduce((best, type) => ((liked.get(type) ?? 0) > (liked.get(best) ?? 0) ? type : best))
}
