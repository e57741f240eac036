/** So many calls that nobody is refused for their number. */
const PLENTY = { per_second: 1_000_000, burst: 1_000_000 }

/** `limits` of a client. */
export const GENEROUS_LIMITS = { triggers: PLENTY, reads: PLENTY, waiters: 1_000_000 }

/** `server.limits`: of callers without a valid key. */
export const GENEROUS_TO_STRANGERS = { anonymous: PLENTY, wrong_keys: PLENTY }
