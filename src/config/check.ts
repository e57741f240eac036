import type { Finding } from './problem.ts'
import { checkClients, checkProfiles } from './rules/clients.ts'
import type { RuleContext } from './rules/context.ts'
import { checkIssuers } from './rules/issuers.ts'
import { checkJobs } from './rules/jobs.ts'
import { checkLedger } from './rules/ledger.ts'
import { checkServer } from './rules/server.ts'
import { checkTokens } from './rules/tokens.ts'
import { checkWorkspaces } from './rules/workspaces.ts'

const RULES = [
  checkServer,
  checkLedger,
  checkWorkspaces,
  checkJobs,
  checkProfiles,
  checkIssuers,
  checkClients,
  checkTokens,
]

/** Everything that is wrong although each value on its own has its right shape. */
export function checkConfig(context: RuleContext): Finding[] {
  return RULES.flatMap((rule) => rule(context))
}
