/** So many tokens at an instant (epoch ms) and none before it. Rates are per second. All pure. */
export interface Bucket {
  readonly tokens: number
  readonly at: number
}

/**
 * Half a second's worth. Databricks counts by token buckets too: what arrives bunched by the network finds room there as
 * long as ours holds less than its second's worth.
 */
export function sizeOf(rate: number): number {
  return Math.max(1, rate / 2)
}

export function refill({ tokens, at }: Bucket, rate: number, now: number): Bucket {
  if (now < at) return { tokens, at }
  return { tokens: Math.min(sizeOf(rate), tokens + ((now - at) / 1000) * rate), at: now }
}

/** Of a refilled bucket. */
export function level({ tokens, at }: Bucket, now: number): number {
  return now < at ? 0 : tokens
}

/** How long until a refilled bucket has a whole token; 0: it has one. */
export function msUntilToken({ tokens, at }: Bucket, rate: number, now: number): number {
  return Math.max(0, at - now) + Math.ceil((Math.max(0, 1 - tokens) / rate) * 1000)
}

export function spend({ tokens, at }: Bucket): Bucket {
  return { tokens: tokens - 1, at }
}

/** Nothing before `until`, and then one token at most: upstream is taken to be empty as well. */
export function hold(bucket: Bucket, rate: number, until: number): Bucket {
  if (until < bucket.at) return bucket
  return { tokens: Math.min(1, refill(bucket, rate, until).tokens), at: until }
}
