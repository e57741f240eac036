import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { WireAnswer } from './check-answer.ts'
import type { ApiDocument, WireRequest } from './hostile-requests.ts'

/** What of an answer the document does not describe; undefined when it describes everything. */
export type FindUndescribed = (request: WireRequest, answer: WireAnswer) => string | undefined

/** Answers to what is no operation at all. */
const NOWHERE = [400, 404, 405, 413]
/** The page of the document, and what it is made of. */
const PAGES = /^\/docs(\/|$)/

/** Holds answers against an OpenAPI document: status, content type, every member of the body, and who may have it. */
export function createFindUndescribed(document: ApiDocument): FindUndescribed {
  const find = createFindOperation(document)
  const compile = createCompile(document)

  return ({ method, path, anonymous }, { status, headers, text }) => {
    const found = find(method, path)
    if (!found) return NOWHERE.includes(status) || PAGES.test(path) ? undefined : `${status} of no operation`
    const { operation, place } = found
    const isOpen = operation.security?.length === 0
    if (anonymous && !isOpen && status < 400) return 'given to nobody in particular'
    const content = operation.responses[status]?.content
    if (!content) return `status ${status}, which is not described`
    const type = String(headers['content-type']).split(';', 1)[0] ?? ''
    if (!content[type]) return `status ${status} as ${type}, which is not described`
    if (method === 'HEAD' || !/[/+]json$/.test(type)) return undefined
    const isDescribed = compile([...place, 'responses', String(status), 'content', type, 'schema'])
    if (isDescribed(JSON.parse(text))) return undefined
    return `not as described: ${JSON.stringify(isDescribed.errors)}`
  }
}

/** The operation that the gateway's router finds, too: names before parameters, one slash at the end left out. */
function createFindOperation({ paths }: ApiDocument) {
  const operations = Object.entries(paths).flatMap(([template, methods]) => {
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]*')}$`)
    return Object.entries(methods).map(([method, operation]) => ({
      ...{ method: method.toUpperCase(), pattern, operation },
      place: ['paths', template, method],
    }))
  })
  return (method: string, path: string) => {
    const asked = method === 'HEAD' ? 'GET' : method
    const own = path.split('?', 1)[0]?.replace(/\/$/, '') ?? ''
    return operations.find((operation) => operation.method === asked && operation.pattern.test(own))
  }
}

/** Checks of the schemas at these places of the document, which take no member that they do not name. */
function createCompile(document: ApiDocument) {
  const formats = { uri: URL.canParse, 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) }
  const ajv = new Ajv2020({ strict: false, formats })
  ajv.addSchema(document, 'openapi', false, false)
  const compiled = new Map<string, ValidateFunction>()
  return (place: string[]): ValidateFunction => {
    const pointer = place.map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const before = compiled.get(pointer)
    if (before) return before
    const check = ajv.compile({ $ref: `openapi#/${pointer}`, unevaluatedProperties: false })
    compiled.set(pointer, check)
    return check
  }
}
