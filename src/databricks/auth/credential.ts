/** What a request carries to prove who we are. */
export interface Token {
  /** `authorization`, and for some kinds of credential more. */
  headers: Record<string, string>
  /** Epoch milliseconds. */
  issuedAt: number
  /** What it was got with, such as a client secret. */
  secrets?: readonly string[]
}

export interface ExpiringToken extends Token {
  expiresAt: number
}

export interface Credential {
  /** Rejects with a DatabricksError with `sent: false`: the request that needed the token never left. */
  token(): Promise<Token>
  /** This token was refused: do not give it out again. */
  drop(token: Token): void
  /** Epoch milliseconds; null when no token is held or it has no end. */
  expiresAt(): number | null
}

/** The values that must show up in no message. */
export function secretsOf({ headers, secrets = [] }: Token): string[] {
  return [...Object.values(headers).map((value) => value.replace(/^Bearer /, '')), ...secrets]
}
