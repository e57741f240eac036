import type { DatabricksClient } from './databricks/types.ts'

interface Observed {
  workspaces: {
    names(): string[]
    clientOf(workspace: string): Pick<DatabricksClient, 'illness' | 'credentialRefusedSince'>
  }
  /** Epoch ms; undefined: it answers. */
  ledgerFailingSince: number | undefined
  now: number
}

/** Trouble that is not this process's own: another replica would have the same. `since`: epoch ms, of the oldest. */
export interface Degradation {
  reasons: string[]
  since: number
}

/** A credential that is being exchanged is refused for minutes; design §5. */
const CREDENTIAL_GRACE_MS = 15 * 60_000

/** Why the gateway cannot do all that it should, although it runs. Undefined: it can. */
export function findDegradation({ workspaces, ledgerFailingSince, now }: Observed): Degradation | undefined {
  const troubles = workspaces.names().flatMap((name) => {
    const client = workspaces.clientOf(name)
    const ill = client.illness()?.since
    const refused = client.credentialRefusedSince()
    return [
      ...tell(ill, `workspace ${name}: Databricks has not answered`),
      ...tell(
        refused !== undefined && now - refused >= CREDENTIAL_GRACE_MS ? refused : undefined,
        `workspace ${name}: Databricks has refused the gateway's credential`,
      ),
    ]
  })
  troubles.push(...tell(ledgerFailingSince, 'the ledger has not answered'))
  if (troubles.length === 0) return undefined
  return {
    reasons: troubles.map(({ reason }) => reason),
    since: Math.min(...troubles.map(({ since }) => since)),
  }
}

function tell(since: number | undefined, what: string): { reason: string; since: number }[] {
  return since === undefined ? [] : [{ reason: `${what} since ${new Date(since).toISOString()}`, since }]
}
