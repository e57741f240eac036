import type { JWTPayload } from 'jose'
import type { ClientConfig, TokenRule } from '../config/schema/clients.ts'
import { type Caller, createCaller } from './permissions.ts'
import type { RefusedToken, VerifiedToken } from './tokens.ts'

/** Whose token it is. One that fits the rules of several clients is nobody's: a guess could be wrong. */
export type FindTokenOwner = (token: VerifiedToken) => { caller: Caller } | RefusedToken

export function createFindTokenOwner(clients: Record<string, ClientConfig>): FindTokenOwner {
  const callers = Object.entries(clients)
    .filter(([, { tokens }]) => tokens.length > 0)
    .map(([name, config]) => createCaller(name, config, ''))

  return ({ issuer, claims }) => {
    const owners = callers.filter(({ config }) =>
      config.tokens.some((rule) => rule.issuer === issuer && fits(rule.claims, claims)),
    )
    const id = identify(issuer, claims)
    const [owner, ...others] = owners
    if (!owner) return { reason: 'token_client', why: `${id} fits no client${describeLeftOut(claims)}` }
    if (others.length > 0) {
      return { reason: 'token_ambiguous', why: `${id} fits ${owners.map(({ name }) => name).join(', ')}` }
    }
    return { caller: { ...owner, key_id: id } }
  }
}

function fits(wanted: TokenRule['claims'], claims: JWTPayload): boolean {
  return Object.entries(wanted).every(([claim, value]) => {
    const said = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    return Array.isArray(said) ? said.includes(value) : said === value
  })
}

/** In the order in which they tell more: the subject, else the program that asked for the token. */
const IDENTITIES = ['sub', 'azp', 'appid', 'cid', 'client_id']
const LONGEST_ID = 150

/** Tells tokens of an issuer apart, fit for a log: never the token. */
function identify(issuer: string, claims: JWTPayload): string {
  const said = IDENTITIES.map((claim) => claims[claim]).find((value) => typeof value === 'string' && value !== '')
  return `${issuer}:${said ?? ''}`.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, LONGEST_ID)
}

/** Of long lists, Entra's groups as a rule, a token says only that it would have them (OpenID Connect Core §5.6.2). */
function describeLeftOut({ _claim_names: names }: JWTPayload): string {
  if (typeof names !== 'object' || names === null) return ''
  return `; its issuer has left out ${Object.keys(names).join(', ').slice(0, LONGEST_ID)}`
}
