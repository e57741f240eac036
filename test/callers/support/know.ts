import type { Test } from 'tap'
import { createAuthentication, type Known } from '../../../src/callers/authenticate.ts'
import type { CredentialHeaders } from '../../../src/callers/credentials.ts'
import { createFetchJson } from '../../../src/fetch-json.ts'
import { createFetchKeys } from '../../../src/fetch-keys.ts'
import { readFiles } from '../../support/config-files.ts'
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.ts'

type Section = Record<string, object>

export interface Settings {
  issuers: Section
  /** Each may read, unless it says otherwise. */
  clients: Section
  env?: NodeJS.ProcessEnv
}

export interface Knowing {
  clock: SteppedClock
  /** What was said of issuers that could not be asked. */
  troubles: string[]
  authenticate(headers: CredentialHeaders): Promise<Known>
  /** Whose token this is. */
  who(token: string): Promise<Known>
  /** Another configuration, as a reload brings it. */
  use(settings: Settings): Promise<void>
}

/** How callers are known under a configuration that is read as any other; time stands still. */
export async function know(t: Test, first: Settings): Promise<Knowing> {
  const clock = createSteppedClock(Date.parse('2026-11-22T20:00:00Z'))
  const env = { TOKEN: 'x', ...first.env }
  const troubles: string[] = []
  const fetchJson = createFetchJson({ env, onSecret() {}, clock })
  const authenticationOf = createAuthentication({
    createFetchKeys: (issuer) => createFetchKeys(issuer, fetchJson),
    clock,
    onTrouble: (issuer, error) => troubles.push(`${issuer}: ${error instanceof Error ? error.message : error}`),
  })

  async function read({ issuers, clients }: Settings) {
    const workspaces = { main: { host: 'http://127.0.0.1:8181', auth: { type: 'pat', token: { env: 'TOKEN' } } } }
    const readers = Object.entries(clients).map(([name, client]) => [name, { permissions: ['read'], ...client }])
    const written = { workspaces, issuers, clients: Object.fromEntries(readers) }
    const result = await readFiles(t, { files: { 'gateway.yaml': JSON.stringify(written) }, env })
    if ('problems' in result) throw new Error(result.problems.join('\n'))
    return authenticationOf(result.config)
  }

  let authenticate = await read(first)
  return {
    clock,
    troubles,
    authenticate: async (headers) => authenticate(headers),
    who: async (token) => authenticate({ authorization: `Bearer ${token}` }),
    async use(next) {
      authenticate = await read(next)
    },
  }
}
