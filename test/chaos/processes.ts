import type { Test } from 'tap'

/** Where what was started is kept until it is ended: the part of a test that support code needs. */
export type Scope = Pick<Test, 'teardown'>

/** Ends everything in the scope, last started first ended. */
export function createScope(): Scope & AsyncDisposable {
  const stack = new AsyncDisposableStack()
  return {
    teardown: (end) => {
      stack.defer(async () => {
        await end()
      })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
