import { GatewayError } from '../runs/errors.ts'

/**
 * A bound of time from a query, epoch ms: a day, or an instant with its offset, which would else be this machine's own.
 * @throws GatewayError invalid-request
 */
export function readInstant(name: string, text: string): number {
  const isInstant = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
  const at = isInstant ? Date.parse(text) : Number.NaN
  if (Number.isSafeInteger(at)) return at
  throw new GatewayError(
    'invalid-request',
    `${name} is ${JSON.stringify(text)}; it takes an instant such as 2026-11-22T20:00:00Z, or a day such as 2026-11-22.`,
  )
}
