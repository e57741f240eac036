import type { Test } from 'tap'
import { systemClock } from '../../../src/clock.ts'
import { type ClientDeps, createDatabricksClient } from '../../../src/databricks/client.ts'
import type { DatabricksClient } from '../../../src/databricks/types.ts'
import { GENEROUS_BUDGET } from '../../support/generous-budget.ts'

export const CLIENT_ID = 'client-1'
export const CLIENT_SECRET = 'secret-of-the-principal'

/** A client with OAuth, no jitter and the system's clock, unless the test wants another. */
export function startClient(
  test: Test,
  deps: Pick<ClientDeps, 'host'> & Partial<Omit<ClientDeps, 'host'>>,
): DatabricksClient {
  const client = createDatabricksClient({
    auth: { type: 'oauth-m2m', client_id: CLIENT_ID, client_secret: () => CLIENT_SECRET },
    clock: systemClock,
    version: '1.2.3',
    budget: GENEROUS_BUDGET,
    random: () => 0,
    ...deps,
  })
  test.teardown(() => client.close())
  return client
}

/** A call with plenty of time. */
export function soon(): { deadline: number } {
  return { deadline: systemClock.now() + 20_000 }
}
