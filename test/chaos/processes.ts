import type { Test } from 'tap'

/** Where what was started is kept until it is ended: the part of a test that support code needs. */
export type Scope = Pick<Test, 'teardown'>

export interface ChaosScope extends Scope, AsyncDisposable {
  /** Whether what ends now has been ended on purpose. */
  isOver(): boolean
}

/** Ends everything in the scope, last started first ended. */
export function createScope(): ChaosScope {
  const stack = new AsyncDisposableStack()
  return {
    isOver: () => stack.disposed,
    teardown: (end) => {
      stack.defer(async () => {
        await end()
      })
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
