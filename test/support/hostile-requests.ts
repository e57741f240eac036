import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { Credential } from './hostile-credentials.ts'
import { damage, encode, headerText, jsonMembers, jsonText, nestedJson, text, urlText } from './hostile-values.ts'

/** What goes over the wire. */
export interface WireRequest {
  method: string
  path: string
  headers: [name: string, value: string][]
  body: string | Buffer | null
  /** Without any client's key. */
  anonymous: boolean
}

/** Names of parameters and options, each with values that are good somewhere: jobs, ids of runs, keys … */
export type Known = Record<string, readonly string[]>

interface Schema {
  type?: string
  enum?: unknown[]
  pattern?: string
  minimum?: number
  minLength?: number
  maxLength?: number
  properties?: Record<string, Schema>
}

interface Parameter {
  in: string
  name: string
  required?: boolean
  schema: Schema
}

export interface Operation {
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  /** Of nothing: open to all. */
  security?: object[]
}

/** The part of an OpenAPI document that tells what may be sent, and what is answered. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>
}

/**
 * Requests for every operation of the document, and some beside them: with good and bad credentials, headers, options,
 * parameters and bodies, mostly so nearly right that they get far.
 */
export function requestsOf(
  { paths }: ApiDocument,
  credentials: fc.Arbitrary<Credential>,
  known: Known,
): fc.Arbitrary<WireRequest> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      // What takes more can go wrong in more ways.
      weight: 1 + (operation.parameters?.length ?? 0),
      arbitrary: requestOf(method.toUpperCase(), path, operation, known),
    })),
  )
  const nowhere = fc.array(urlText, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`)
  const stray = fc.record({ method, path: nowhere, headers, body: fc.constant(null) })
  const sent = fc.oneof(...operations, { weight: 2, arbitrary: stray })
  return fc.tuple(sent, credentials).map(([request, { headers, anonymous }]) => ({
    ...{ ...request, anonymous },
    headers: [...headers, ...request.headers],
  }))
}

const method = fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND')

function requestOf(
  own: string,
  template: string,
  operation: Operation,
  known: Known,
): fc.Arbitrary<Omit<WireRequest, 'anonymous'>> {
  const { parameters = [], requestBody } = operation
  const segments = template.split('/').map((segment) => {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1]
    return name === undefined ? fc.constant(segment) : rarely(urlText, goodValue(name, {}, known).map(encode))
  })
  const query = queryOf(parameters, known).map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`))
  const body = requestBody?.content['application/json']
  return fc.record({
    method: rarely(method, fc.constant(own)),
    path: fc.tuple(fc.tuple(...segments), query).map(([segments, query]) => segments.join('/') + query),
    headers,
    body: body ? bodyOf(body.schema, known) : rarely(anyBody, noBody),
  })
}

/** `name=value` of what is required, and up to two more. */
function queryOf(parameters: Parameter[], known: Known): fc.Arbitrary<string[]> {
  const odd = fc.tuple(fc.oneof(urlText, fc.constant('p.day')), urlText).map((pair) => pair.join('='))
  const asked = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required, schema }) => {
      const good = goodValue(name, schema, known).map(encode)
      return { required, pair: rarely(urlText, good).map((value) => `${name}=${value}`) }
    })
  const needed = asked.filter(({ required }) => required).map(({ pair }) => rarely(odd, pair))
  const any = asked.length > 0 ? rarely(odd, fc.oneof(...asked.map(({ pair }) => pair))) : odd
  const more = fc.array(any, { maxLength: asked.length > 0 ? 2 : 1 })
  const pairs = fc.tuple(fc.tuple(...needed), more).map((pairs) => pairs.flat())
  // Twice the same name, and more than a line of a request usually is.
  const twice = pairs.map((pairs) => [...pairs, ...pairs])
  const long = pairs.map((pairs) => [...pairs, `ref=${'x'.repeat(9_000)}`])
  return rarely(fc.oneof(twice, long), pairs)
}

function goodValue(name: string, schema: Schema, known: Known): fc.Arbitrary<string> {
  const good = known[name]
  return good ? fc.constantFrom(...good) : valueFor(schema)
}

/** What the schema takes, and what it only just does not. */
function valueFor({ type, enum: values, pattern, minimum, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
  if (values)
    return rarely(fc.constantFrom(...values.map((value) => ` ${value}`)), fc.constantFrom(...values.map(String)))
  if (type === 'integer')
    return fc.constantFrom(...[0, 1, 60].map((more) => String((minimum ?? 0) + more)), String((minimum ?? 0) - 1))
  if (type === 'boolean') return fc.constantFrom('true', 'false')
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  if (maxLength === undefined) return text
  const lengths = fc.constantFrom(minLength - 1, minLength, maxLength, maxLength + 1)
  return rarely(
    lengths.map((length) => 'x'.repeat(Math.max(0, length))),
    text,
  )
}

/** JSON and forms of the members that the schema names. */
function bodyOf({ properties = {} }: Schema, known: Known): fc.Arbitrary<WireRequest['body']> {
  const names = Object.keys(properties)
  const jobParameter = fc.tuple(fc.constantFrom('day', 'region', 'count', '__proto__', 'constructor', ''), jsonText)
  const parameters = fc.tuple(fc.constant('parameters'), jsonMembers(jobParameter, 3))
  const option = fc
    .constantFrom(...names)
    .chain((name) =>
      goodValue(name, properties[name] ?? {}, known).map((value): [string, string] => [name, JSON.stringify(value)]),
    )
  const odd = fc.tuple(fc.constantFrom(...names, '__proto__', 'constructor', 'paramters'), jsonText)
  const json = jsonMembers(fc.oneof({ weight: 6, arbitrary: parameters }, { weight: 3, arbitrary: option }, odd), 3)
  const field = fc.tuple(fc.constantFrom(...names, 'day', 'p.day', 'p.', 'region'), text)
  const form = fc.array(field, { maxLength: 4 }).map((fields) => new URLSearchParams(fields).toString())
  return fc.oneof(
    { weight: 9, arbitrary: json },
    { weight: 2, arbitrary: form },
    { weight: 2, arbitrary: noBody },
    { weight: 2, arbitrary: damage(json) },
    { weight: 1, arbitrary: anyBody },
  )
}

const noBody = fc.constant(null)
const anyBody: fc.Arbitrary<string | Buffer> = fc.oneof(
  text,
  jsonText,
  nestedJson,
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  jsonText.map((json) => Buffer.from(`\ufeff${json}`, 'utf16le')),
  jsonText.map((json) => gzipSync(json)),
  fc.integer({ min: 100_000, max: 140_000 }).map((size) => `{"ref":"${'x'.repeat(size)}"}`),
)

const USUAL: Record<string, string[]> = {
  'content-type': [
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json; charset=x',
    'application/x-www-form-urlencoded; charset=utf-16',
    'multipart/form-data; boundary=x',
    ';',
  ],
  accept: ['text/plain', 'text/plain;q=0.1, application/json', '*/*', 'text/html', 'text/plain;q=x', ';;', 'image/png'],
  'content-encoding': ['gzip', 'identity', 'x'],
  prefer: ['wait=0', 'wait=1', 'wait=-1', 'wait=1e9', 'respond-async, wait="1"', 'wait', 'wait=1;x=2', ',,'],
  'idempotency-key': ['K-1', '"K-2"', 'K-3'],
  'x-request-id': ['order-1.2_3', '0', '-'],
}
const FREE = ['x-ref', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'cookie', 'range', 'if-none-match']
const header: fc.Arbitrary<[string, string]> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...Object.keys(USUAL))
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...(USUAL[name] ?? [])))),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(USUAL), ...FREE), headerText) },
)
type Headers = WireRequest['headers']
/** More than one, or half an address in brackets, never leaves undici. */
const host = headerText.map((value): Headers => [['host', value.replaceAll('[', '')]])
const headers = fc
  .tuple(fc.array(header, { maxLength: 3 }), rarely(host, fc.constant<Headers>([])))
  .map((parts) => parts.flat())

function rarely<T>(odd: fc.Arbitrary<T>, usual: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: odd })
}
