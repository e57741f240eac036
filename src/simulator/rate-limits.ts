import { ApiError } from './errors.ts'
import type { Options } from './options.ts'

/** Requests per second and workspace that Databricks documents, by path below `/api/2.x/`. */
const REFERENCE: Readonly<Record<string, number>> = {
  'jobs/get': 20,
  'jobs/list': 20,
  'jobs/run-now': 20,
  'jobs/runs/get': 100,
  'jobs/runs/list': 30,
  'jobs/runs/get-output': 20,
  'jobs/runs/cancel': 10,
  'jobs/runs/delete': 20,
  'jobs/runs/repair': 5,
}

export interface RateLimits {
  /** Takes one request from the endpoint's bucket. Throws ApiError when it is empty. */
  take(endpoint: string): void
}

/** Token buckets that hold one second's worth. */
export function createRateLimits({ now, options }: { now: () => number; options: Options }): RateLimits {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take: (endpoint) => {
      const { rate_limits, throttled } = options
      if (rate_limits === 'off') return
      const rate = (rate_limits === 'reference' ? REFERENCE : rate_limits)[endpoint]
      if (rate === undefined) return
      const size = Math.max(1, rate)
      const at = now()
      const bucket = buckets.get(endpoint) ?? { tokens: size, at }
      const tokens = Math.min(size, bucket.tokens + ((at - bucket.at) / 1_000) * rate)
      buckets.set(endpoint, { tokens: tokens >= 1 ? tokens - 1 : tokens, at })
      if (tokens >= 1) return
      const headers = throttled.retry_after ? { 'retry-after': `${Math.ceil((1 - tokens) / rate)}` } : {}
      const message = 'RPC token bucket limit has been exceeded.'
      throw new ApiError(throttled.status, 'REQUEST_LIMIT_EXCEEDED', message, headers)
    },
  }
}
