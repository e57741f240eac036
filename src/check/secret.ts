import type { AuthConfig } from '../config/schema/auth.ts'
import { failed, type Result, skipped, warning, well } from './finding.ts'

const DAY_MS = 86_400_000
const SOON_DAYS = 30

/** The end of the credential itself, as the configuration tells it: nobody can ask Databricks. Pure. */
export function checkSecretEnd(workspace: string, auth: AuthConfig, now: number): Result {
  const check = 'secret'
  if (auth.type === 'oidc-federation' || auth.type === 'azure-workload-identity') {
    return well(check, 'no secret of its own that could end')
  }
  const where = `workspaces.${workspace}.auth`
  const { expires_on: day } = auth
  if (day === undefined) return skipped(check, `the end of the secret is not known; write it as ${where}.expires_on`)
  const days = Math.floor((Date.parse(day) - now) / DAY_MS) + 1
  const cure = `make a second secret in Databricks, put it in the place of the first, and correct ${where}.expires_on`
  if (days < 0) return failed(check, { code: 'secret-ended', message: `it ended on ${day}`, cure })
  if (days > SOON_DAYS) return well(check, `secret good until ${day}`)
  const left = days === 0 ? 'today' : `in ${days} ${days === 1 ? 'day' : 'days'}`
  return warning(check, { code: 'secret-ending', message: `it ends ${left}, on ${day}`, cure })
}
