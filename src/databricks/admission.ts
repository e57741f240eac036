import type { Budgets } from './budget.ts'
import { DatabricksError } from './errors.ts'
import type { Health } from './health.ts'
import { SHORTEST_TRY_MS } from './retry.ts'
import type { BudgetedEndpoint, Call } from './types.ts'

interface Applicant {
  endpoint: BudgetedEndpoint
  /** Goes out although Databricks is ill. */
  probe?: boolean
}

/** Before a try is sent: is Databricks well, and is it its turn? */
export interface Admission {
  /** Rejects with a DatabricksError with `sent: false`. `hasTurn`: it has its token of the budget. */
  admit(applicant: Applicant, call: Call, hasTurn: boolean): Promise<void>
  /** What ends every wait of this call before its deadline. */
  interruptions(applicant: Pick<Applicant, 'probe'>, call: Call): AbortSignal[]
  /** Why the wait was interrupted. */
  interrupted(call: Call): DatabricksError
}

export function createAdmission({ budgets, health }: { budgets: Budgets; health: Health }): Admission {
  const interruptions: Admission['interruptions'] = ({ probe = false }, { signal }) => [
    ...(signal ? [signal] : []),
    ...(probe ? [] : [health.signal()]),
  ]
  const interrupted: Admission['interrupted'] = ({ signal }) =>
    (signal?.aborted ? undefined : health.refusal()) ?? refuse('aborted', 'The call was given up')

  return {
    interruptions,
    interrupted,
    async admit(applicant, call, hasTurn) {
      const { endpoint, probe } = applicant
      const refusal = probe ? undefined : health.refusal()
      if (refusal) throw refusal
      if (hasTurn) return
      const signals = interruptions(applicant, call)
      // A turn at the very end would leave a post whose answer nobody can wait for.
      const deadline = call.deadline - SHORTEST_TRY_MS
      if (await budgets[endpoint].take({ by: call.by ?? 'caller', deadline, signals })) return
      if (signals.some((signal) => signal.aborted)) throw interrupted(call)
      throw refuse('budget', `The time was up before its turn came within the workspace's budget for ${endpoint}`)
    },
  }
}

function refuse(reason: 'aborted' | 'budget', message: string): DatabricksError {
  return new DatabricksError(message, { kind: 'unavailable', reason, sent: false })
}
