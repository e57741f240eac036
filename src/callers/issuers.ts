import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import type { IssuerConfig } from '../config/schema/issuers.ts'
import { createIssuerKeys } from './issuer-keys.ts'
import type { Issuer } from './tokens.ts'

export interface IssuersDeps {
  /** How this issuer is asked for its public keys. */
  createFetchKeys: (config: IssuerConfig) => () => Promise<unknown>
  clock: Clock
  /** Told whenever an issuer could not be asked for its keys. */
  onTrouble: (issuer: string, error: unknown) => void
}

/** The issuers of a configuration. One that is as it was before keeps the keys that are known of it. */
export type IssuersOf = (configs: Record<string, IssuerConfig>) => Issuer[]

export function createIssuersOf({ createFetchKeys, clock, onTrouble }: IssuersDeps): IssuersOf {
  let issuers: Issuer[] = []

  function createIssuer(name: string, config: IssuerConfig): Issuer {
    const fetchKeys = createFetchKeys(config)
    const keys = createIssuerKeys({ fetchKeys, clock, onTrouble: (error) => onTrouble(name, error) })
    return { name, config, keys }
  }

  return (configs) => {
    const former = issuers
    issuers = Object.entries(configs).map(
      ([name, config]) =>
        former.find((issuer) => issuer.name === name && isDeepStrictEqual(issuer.config, config)) ??
        createIssuer(name, config),
    )
    return issuers
  }
}
