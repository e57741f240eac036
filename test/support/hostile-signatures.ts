import fc from 'fast-check'
import { signGrant } from '../../src/http/signature.ts'
import type { WireRequest } from './hostile-requests.ts'
import { damage, urlText } from './hostile-values.ts'

/** What signs the addresses of the fuzzed gateway. */
export const SIGNING_KEY = 'signing-key-of-the-fuzzed-gateway-0123456789'

const DAY_S = 86_400

/** Awaits without a key, by addresses that were signed: as they are, for something else, or changed on the way. */
export function signedRequests(runs: readonly string[], client: string): fc.Arbitrary<WireRequest> {
  const soon = Math.floor(Date.now() / 1000) + DAY_S
  const mostly = <T>(usual: T, ...odd: T[]) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, fc.constantFrom(...odd))
  const signed = fc
    .record({
      run: fc.constantFrom(...runs),
      of: mostly(undefined, ...runs),
      client: mostly(client, 'other', 'nobody', ''),
      expires: mostly(soon, soon - 2 * DAY_S, 0, -1, 1e15),
      key: mostly(SIGNING_KEY, SIGNING_KEY.slice(1), 'x'),
    })
    .map(({ run, of = run, key, ...grant }) => ({
      path: `/runs/${run}/await`,
      query: String(new URLSearchParams(signGrant({ run: of, ...grant }, key))),
      isGood: of === run && grant.client === client && grant.expires === soon && key === SIGNING_KEY,
    }))
  const changed = damage(signed.map(({ query }) => query)).map((text) => encodeURI(text.toWellFormed()))
  const more = fc.oneof(
    fc.constantFrom('', 'wait=1', 'format=text', 'outcome=http', 'include=output', 'include=tasks', 'signature=x'),
    urlText.map((value) => `wait=${value}`),
  )
  return fc
    .record({ signed, changed: mostlyNot(changed), more, method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST') })
    .map(({ signed: { path, query, isGood }, changed, more, method }) => ({
      ...{ method, path: `${path}?${changed ?? query}&${more}`, headers: [], body: null },
      // What is changed at its end may be as good as before.
      anonymous: changed === undefined && !isGood,
    }))
}

function mostlyNot<T>(odd: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, odd)
}
