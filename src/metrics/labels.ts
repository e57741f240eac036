/** What stands for a name that the configuration does not hold: a caller's free text never becomes a label. */
const UNKNOWN = 'unknown'

/** The name itself when it is one of the configured ones. */
export function createLabel(known: () => Record<string, unknown>): (name: string | undefined) => string {
  return (name) => (name !== undefined && Object.hasOwn(known(), name) ? name : UNKNOWN)
}
