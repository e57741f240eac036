/** How deep a chain of causes is told. */
const MAX_DEPTH = 5

/**
 * An error as the log shows it: type, message, stack, its own plain fields, and what caused it. Objects that hang on an
 * error stay out: a request with its headers is among them.
 */
export function describeError(error: unknown, depth = 1): unknown {
  if (!(error instanceof Error)) return typeof error === 'object' ? 'not an Error' : error
  const plain = Object.entries(error).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
  return {
    ...Object.fromEntries(plain),
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || depth === MAX_DEPTH ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}
