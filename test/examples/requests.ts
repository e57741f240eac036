/** A request that a kit makes, with the scheduler's own variables in it. */
export interface KitRequest {
  method: string
  /** From the gateway's root; each variable is one segment. */
  path: string
  /** Values as the kit has them; one that a variable fills in is `undefined`. */
  options: Record<string, string | undefined>
}

type Json = Record<string, unknown>

/** Automation API: every job that calls the gateway. */
export function readControlM(document: unknown): KitRequest[] {
  return findObjects(document, 'URL Request Path').map((job) => ({
    method: String(job['Method']),
    path: String(job['URL Request Path']),
    options: plain(Object.assign({}, ...(job['URL Parameters'] as Json[]))),
  }))
}

/** Application Integrator: every command of every step. */
export function readPlugin(document: unknown): KitRequest[] {
  return findObjects(document, 'restURLPath').map((command) => ({
    method: String(command['httpMethod']),
    path: String(command['restURLPath']),
    options: readQuery(String(command['URLParams'])),
  }))
}

/** Data Factory: a URL is an expression that puts texts and variables together. */
export function readDataFactory(document: unknown): KitRequest[] {
  return findObjects(document, 'method').map((activity) => {
    const { value } = activity['url'] as { value: string }
    const literals = [...value.matchAll(/'([^']*)'/g)].map(([, text]) => text)
    return fromUrl(
      String(activity['method']),
      literals.filter((text) => text?.startsWith('/') || text?.includes('=')).join('X'),
    )
  })
}

export function readLogicApps(document: unknown): KitRequest[] {
  return findObjects(document, 'uri').map((inputs) => ({
    ...fromUrl(String(inputs['method']), String(inputs['uri']).replace(/^@\{[^}]*\}/, '')),
    options: plain(inputs['queries'] as Json),
  }))
}

export function readStateMachine(document: unknown): KitRequest[] {
  return findObjects(document, 'ApiEndpoint').map((parameters) => {
    const query = Object.entries(parameters['QueryParameters'] as Json)
    return {
      ...fromUrl(String(parameters['Method']), String(parameters['ApiEndpoint']).replace(/^\$\{\w+\}/, '')),
      options: plain(Object.fromEntries(query.map(([name, value]) => [name.replace(/\.\$$/, ''), value]))),
    }
  })
}

/** Fields of a task or job as its form shows them; `parameters` is the name of the field with the pairs. */
export function readFields(document: unknown, method: string, parameters: string): KitRequest[] {
  return findObjects(document, 'URL').map((fields) => {
    const { options, ...request } = fromUrl(
      String(fields[method]),
      String(fields['URL']).replace(/^(\$\{\w+\}|%\w+%)/, ''),
    )
    return { ...request, options: { ...options, ...plain(fields[parameters] as Json) } }
  })
}

function fromUrl(method: string, url: string): KitRequest {
  const [path = '', query = ''] = url.split('?')
  return { method, path, options: readQuery(query) }
}

function readQuery(query: string): KitRequest['options'] {
  return plain(
    Object.fromEntries([...query.matchAll(/(?:^|&)([\w.]+)=([^&]*)/g)].map(([, name, value]) => [name, value])),
  )
}

/** Openings of the schedulers' variables; X stands for what an expression put in. */
const VARIABLE = /%|\{\{|\$|@\{|^X/

function plain(options: Json): KitRequest['options'] {
  const entries = Object.entries(options).map(([name, value]) => [name, String(value)] as const)
  return Object.fromEntries(entries.map(([name, value]) => [name, VARIABLE.test(value) ? undefined : value]))
}

function findObjects(value: unknown, member: string): Json[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap((child) => findObjects(child, member))
  return member in value ? [value as Json, ...inner] : inner
}
