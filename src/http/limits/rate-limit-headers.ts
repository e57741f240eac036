import type { FastifyReply } from 'fastify'
import type { Rate, Verdict } from '../../callers/limits.ts'

/**
 * RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-11: the quota `q`, the seconds `w` in which it
 * comes back as a whole, what is left of it as `r`, and, when that is nothing, the seconds `t` until there is more. A
 * quota that comes back evenly has no other window.
 */
export function setRateLimit(
  reply: FastifyReply,
  name: string,
  { per_second, burst }: Rate,
  { left, waitSeconds }: Verdict,
): void {
  const windowSeconds = Math.max(1, Math.ceil(burst / per_second))
  const empty = left === 0 ? `;t=${toRetryAfter(waitSeconds)}` : ''
  reply.header('ratelimit-policy', `"${name}";q=${burst};w=${windowSeconds}`)
  reply.header('ratelimit', `"${name}";r=${left}${empty}`)
}

/** As Retry-After has them: whole seconds, and never none. */
function toRetryAfter(seconds: number): number {
  return Math.max(1, Math.ceil(seconds))
}
