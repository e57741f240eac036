/** What a request carries to prove who we are. */
export interface Token {
  /** `authorization`, and for some kinds of credential more. */
  headers: Record<string, string>
  /** The values that must show up in no message: the token itself, and what it was got with. */
  secrets: readonly string[]
  /** Epoch milliseconds; not later than the instant at which it was made. */
  issuedAt: number
}

/** A token as its endpoint hands it out. Its life is a span, so that nobody else's clock counts. */
export type Grant = Pick<Token, 'headers' | 'secrets'> & { lifeMs: number }

export interface Credential {
  /** Rejects with a DatabricksError with `sent: false`: the request that needed the token never left. */
  token(): Promise<Token>
  /** This token was refused: do not give it out again. */
  drop(token: Token): void
  /** Epoch milliseconds; null when no token is held or it has no end. */
  expiresAt(): number | null
}
