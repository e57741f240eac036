import { invalid, malformed } from './errors.ts'
import { toId } from './json.ts'

/** Typed reading of a request body's fields, as strict as the workspace. Each reader throws ApiError on a wrong type. */
export type Body = Readonly<Record<string, unknown>>

export function readObject(body: Body, field: string): Body | undefined {
  return read(body, field, 'object', isObject)
}

export function readMap(body: Body, field: string): Readonly<Record<string, string>> | undefined {
  const map = readObject(body, field)
  return map && Object.fromEntries(Object.entries(map).map(([key, value]) => [key, expectString(value, field)]))
}

export function readList(body: Body, field: string): readonly string[] | undefined {
  return read(body, field, 'array', Array.isArray)?.map((item) => expectString(item, field))
}

export function readString(body: Body, field: string): string | undefined {
  return read(body, field, 'string', isString)
}

export function readBoolean(body: Body, field: string): boolean | undefined {
  return read(body, field, 'boolean', (value) => typeof value === 'boolean')
}

/** An int64 id: a JSON number, never a string. */
export function readId(body: Body, field: string): string | undefined {
  const value = read(body, field, 'number', (value) => typeof value === 'number' || typeof value === 'bigint')
  return value === undefined ? undefined : validId(value, field)
}

export function requireId(body: Body, field: string): string {
  return readId(body, field) ?? missing(field)
}

export function queryId(query: URLSearchParams, field: string): string | undefined {
  const text = query.get(field)
  return text === null ? undefined : validId(text, field)
}

export function requireQueryId(query: URLSearchParams, field: string): string {
  return queryId(query, field) ?? missing(field)
}

export function queryBoolean(query: URLSearchParams, field: string): boolean {
  const text = query.get(field) ?? 'false'
  if (text !== 'true' && text !== 'false') throw invalid(`Invalid value for parameter ${field}`)
  return text === 'true'
}

/** A whole number of at least 0. */
export function queryNumber(query: URLSearchParams, field: string): number | undefined {
  const text = query.get(field)
  if (text === null) return undefined
  if (!/^\d{1,15}$/.test(text)) throw invalid(`Invalid value for parameter ${field}`)
  return Number(text)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function read<T>(body: Body, field: string, wanted: string, fits: (value: unknown) => value is T): T | undefined {
  const value = body[field] ?? undefined
  return value === undefined ? undefined : expect(value, field, wanted, fits)
}

function expectString(value: unknown, field: string): string {
  return expect(value, field, 'string', isString)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function expect<T>(value: unknown, field: string, wanted: string, fits: (value: unknown) => value is T): T {
  if (fits(value)) return value
  throw malformed(`Expected ${wanted} for field '${field}', found ${nameOf(value)}`)
}

/** The kind of a JSON value as the workspace's messages call it. */
function nameOf(value: unknown): string {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return 'ARRAY'
  return typeof value === 'bigint' ? 'NUMBER' : (typeof value).toUpperCase()
}

function validId(value: unknown, field: string): string {
  const id = toId(value)
  if (id === undefined) throw invalid(`Invalid value for parameter ${field}`)
  return id
}

function missing(field: string): never {
  throw invalid(`Missing required field: ${field}`)
}
