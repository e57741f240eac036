import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a signature allows: to await this run as this client, until then. */
export interface Grant {
  /** The gateway's own id of the run. */
  run: string
  /** Id of the client. */
  client: string
  /** Epoch seconds. */
  expires: number
}

/** What of a grant stands in a query, beside the run in the path; from outside it may be anything. */
export interface SignedQuery {
  client?: unknown
  expires?: unknown
  signature?: unknown
}

export function signGrant(grant: Grant, key: string) {
  const { client, expires } = grant
  return { client, expires: String(expires), signature: sign(grant, key) } satisfies SignedQuery
}

/** What the query allows for this run; undefined when none of the keys has signed just that. */
export function verifyGrant(run: string, query: SignedQuery, keys: readonly string[]): Grant | undefined {
  const { client, expires, signature } = query
  if (typeof client !== 'string' || typeof expires !== 'string' || typeof signature !== 'string') return undefined
  if (!/^[1-9]\d{0,11}$/.test(expires)) return undefined
  const grant = { run, client, expires: Number(expires) }
  return keys.some((key) => isSame(signature, sign(grant, key))) ? grant : undefined
}

/** HMAC-SHA256 (RFC 2104) over JSON, which keeps the parts apart whatever they hold. */
function sign({ run, client, expires }: Grant, key: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['await', 1, run, client, expires]))
    .digest('base64url')
}

/** In a time that says nothing of where they differ. */
function isSame(given: string, own: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(own)]
  return one.length === other.length && timingSafeEqual(one, other)
}
