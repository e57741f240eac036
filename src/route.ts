import { readFileSync } from 'node:fs'
import type { CaConfig, ProxyConfig } from './config/schema/network.ts'
import { readSecret } from './config/secrets.ts'
import type { Route } from './databricks/dispatcher.ts'

export interface Surroundings {
  env: NodeJS.ProcessEnv
  /** Told of each secret that is read, so that the log can hide it. */
  onSecret: (secret: string) => void
}

/** How calls leave this machine, as the configuration says; the proxy's password is read anew at each connection. */
export function readRoute(
  { proxy, ca }: { proxy?: ProxyConfig; ca?: CaConfig },
  { env, onSecret }: Surroundings,
): Route {
  return {
    env,
    ...(proxy ? { proxy: { url: proxy.url, ...readCredentials(proxy) } } : {}),
    ...(ca ? { ca: readFileSync(ca.file, 'utf8') } : {}),
  }

  function readCredentials({ user, password: ref }: ProxyConfig): Pick<NonNullable<Route['proxy']>, 'credentials'> {
    if (user === undefined) return {}
    return {
      credentials() {
        const password = ref ? readSecret(ref, env) : ''
        if (password !== '') onSecret(password)
        return { user, password }
      },
    }
  }
}
