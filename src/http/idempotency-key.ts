import { GatewayError } from '../runs/errors.ts'
import { TEXT_LENGTH } from './schemas/options.ts'

/** Openings of variables that a scheduler or a shell fills in before it calls. */
const UNFILLED = ['%%', '${', '{{', '@{']

/** A structured field string (RFC 8941 §3.3.3). */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/

interface GivenKeys {
  query: string | undefined
  body: (string | undefined)[]
  /** Each Idempotency-Key header, bare or quoted. */
  headers: readonly string[]
}

/**
 * The one idempotency key of a call, wherever it stands.
 * @throws GatewayError invalid-request when it is empty, doubled, too long or was not filled in
 */
export function readKey({ query, body, headers }: GivenKeys): string | undefined {
  const given = [query, ...body, ...headers.map(unquote)].filter((key) => key !== undefined)
  const [key, ...others] = new Set(given)
  if (key === undefined) return undefined
  if (others.length > 0) {
    throw new GatewayError(
      'invalid-request',
      `The call carries two different idempotency keys, ${JSON.stringify(key)} and ${JSON.stringify(others[0])}. Send one.`,
    )
  }
  checkFilled('The idempotency key', key)
  return key
}

/** @throws GatewayError invalid-request */
export function checkFilled(what: string, text: string): void {
  if (text.trim() === '') {
    throw new GatewayError('invalid-request', `${what} is empty: a variable of the scheduler may have no value.`)
  }
  if (Array.from(text).length > TEXT_LENGTH) {
    throw new GatewayError('invalid-request', `${what} is longer than ${TEXT_LENGTH} characters.`)
  }
  if (/\p{Cc}/u.test(text)) {
    throw new GatewayError('invalid-request', `${what} holds control characters, such as an end of line.`)
  }
  const opening = UNFILLED.find((opening) => text.includes(opening))
  if (opening !== undefined) {
    throw new GatewayError(
      'invalid-request',
      `${what} ${JSON.stringify(text)} holds ${opening}, a variable that nobody filled in: check its name and where it is set.`,
    )
  }
}

function unquote(header: string): string {
  if (!header.startsWith('"')) return header
  const [, inner] = QUOTED.exec(header) ?? []
  if (inner === undefined) {
    throw new GatewayError('invalid-request', 'The Idempotency-Key header starts with a quote and is no quoted string.')
  }
  return inner.replaceAll(/\\(.)/g, '$1')
}
