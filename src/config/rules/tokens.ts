import type { Finding, Path } from '../problem.ts'
import type { TokenRule } from '../schema/clients.ts'
import { findFailed, listNames, type Rule } from './context.ts'

/** By what clients are known: keys, or tokens that one client's rules fit and no other's. */
export const checkTokens: Rule = ({ config, names, given }) => {
  const clients = Object.entries(config.clients)
  const rules = clients.flatMap(([client, { tokens }]) =>
    tokens.map((rule, i): PlacedRule => ({ client, rule, path: ['clients', client, 'tokens', i] })),
  )
  return [
    ...findFailed(
      clients.map(([name, { keys, tokens }]) => {
        const path = ['clients', name]
        // What has errors of its own was given all the same.
        const isGiven = (['keys', 'tokens'] as const).some((list) => given([...path, list, 0]))
        return [
          keys.length + tokens.length === 0 && !isGiven,
          [...path, 'keys'],
          'is missing: a client is known by keys, made by `job-gateway key`, or by tokens of an issuer; write one of the two',
        ]
      }),
    ),
    ...rules.flatMap(({ rule, path }) => checkRule(rule, path, names.issuers)),
    ...findSwallowed(rules),
  ]
}

interface PlacedRule {
  client: string
  rule: TokenRule
  path: Path
}

function checkRule({ issuer, claims }: TokenRule, path: Path, issuers: string[]): Finding[] {
  return findFailed([
    [!issuers.includes(issuer), [...path, 'issuer'], `is no issuer; ${listNames(issuers)}`],
    [
      Object.keys(claims).length === 0,
      [...path, 'claims'],
      'is empty, so that every token of the issuer would do; name one claim at least, such as azp or sub',
    ],
  ])
}

/** A token that fits two clients is refused, so a rule that fits nothing else lets nobody in. */
function findSwallowed(rules: readonly PlacedRule[]): Finding[] {
  return rules.flatMap(({ client, rule, path }, i) => {
    const other = rules.find(
      (wider, j) => wider.client !== client && includes(wider.rule, rule) && (j < i || !includes(rule, wider.rule)),
    )
    if (!other) return []
    const message = `every token that fits here fits client ${other.client} too, and one that fits two clients is refused`
    return [{ path, message }]
  })
}

/** Whether whatever fits the narrower rule fits the wider one. */
function includes(wider: TokenRule, narrower: TokenRule): boolean {
  return (
    wider.issuer === narrower.issuer &&
    Object.entries(wider.claims).every(([claim, value]) => narrower.claims[claim] === value)
  )
}
