import type { Caller } from '../callers/permissions.ts'
import { GatewayError } from '../runs/errors.ts'
import type { Run } from '../runs/run.ts'

/** @throws GatewayError forbidden, when another client's run is to be changed without the permission admin */
export function checkOwn(caller: Caller, run: Run): void {
  if (run.client_id === caller.id || caller.may('admin')) return
  throw new GatewayError(
    'forbidden',
    `Run ${run.id} was triggered by client ${run.attempt.client}; to change runs of others takes the permission admin.`,
    { run },
  )
}
