import type { Test } from 'tap'
import type { Tokens } from './hostile-credentials.ts'
import { createSigningKey, startIssuer } from './token-issuer.ts'

const DAY_SECONDS = 86_400

export interface HostileTokens extends Tokens {
  /** For the configuration of a gateway. */
  issuers: Record<string, Record<string, unknown>>
  /** Of the client whose tokens the good ones are. */
  rules: object[]
}

/** Tokens of a real issuer, good and bad ones; the good ones outlive any test. */
export async function makeHostileTokens(t: Test): Promise<HostileTokens> {
  const issuer = await startIssuer(t)
  const seconds = Math.floor(Date.now() / 1000)
  const own = { aud: 'gateway', azp: 'robot', sub: 'SUCCEEDED "quoted" \u202e', exp: seconds + DAY_SECONDS }
  const [good, listed] = [await issuer.sign(own), await issuer.sign({ ...own, aud: ['other', 'gateway'] })]
  const [head = '', body = '', signature = ''] = good.split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  return {
    issuers: { hostile: { issuer: issuer.url, audience: ['gateway'] } },
    rules: [{ issuer: 'hostile', claims: { azp: 'robot' } }],
    good: [good, listed],
    bad: [
      ...[
        `${none}.${body}.`,
        `${head}.${body}.`,
        `${head}.${body}.${signature.slice(1)}A`,
        `${head}.${head}.${signature}`,
      ],
      await issuer.sign({ ...own, exp: seconds - DAY_SECONDS }),
      await issuer.sign({ ...own, nbf: seconds + DAY_SECONDS }),
      await issuer.sign({ ...own, aud: 'other' }),
      await issuer.sign({ ...own, iss: 'https://login.example.com' }),
      await issuer.sign({ ...own, azp: 'nobody' }),
      await issuer.sign({ ...own, filler: 'x'.repeat(9_000) }),
      await issuer.sign(own, { key: await createSigningKey('nowhere') }),
    ],
  }
}
