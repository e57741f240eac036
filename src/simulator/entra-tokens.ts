import { randomUUID } from 'node:crypto'
import type { TokenReply } from './databricks-tokens.ts'
import type { Distrust, Issuer } from './issuer.ts'
import type { Audience, OAuth } from './oauth.ts'

interface Dependencies {
  readonly now: () => number
  readonly oauth: OAuth
  readonly issuer: Issuer
}

const RESOURCES: Readonly<Record<string, Audience>> = {
  '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d': 'databricks',
  'https://management.core.windows.net/': 'management',
}
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** The audience that a federated credential in Entra has. */
const EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange'

/** A refusal of Entra: its number, the status and code of OAuth that it comes under, and what it says. */
type Refusal = readonly [aadsts: number, status: number, error: string, text: string]

const DISTRUST: Readonly<Record<Distrust, Refusal>> = {
  malformed: [50027, 400, 'invalid_request', 'JWT token is invalid or malformed.'],
  signature: [50013, 401, 'invalid_client', 'Assertion failed signature validation.'],
  issuer: [70021, 400, 'invalid_request', 'No matching federated identity record found for presented assertion.'],
  subject: [
    700213,
    401,
    'invalid_client',
    'No matching federated identity record found for presented assertion subject.',
  ],
  audience: [
    700212,
    401,
    'invalid_client',
    'No matching federated identity record found for presented assertion audience.',
  ],
  expired: [700024, 401, 'invalid_client', 'Client assertion is not within its valid time range.'],
}

/** Microsoft Entra's token endpoint v1 of one directory: client credentials by a secret or a federated assertion. */
export function createEntraTokens({ now, oauth, issuer }: Dependencies) {
  const { credentials } = oauth

  const findRefusal = async (tenant: string, form: URLSearchParams): Promise<Refusal | undefined> => {
    const { client_id, client_secret, tenant_id } = credentials
    if (tenant !== tenant_id) return [90002, 400, 'invalid_request', `Tenant '${tenant}' not found.`]
    const grant = form.get('grant_type')
    if (grant !== 'client_credentials') {
      return [70003, 400, 'unsupported_grant_type', `The app requested an unsupported grant type '${grant ?? ''}'.`]
    }
    const client = form.get('client_id')
    if (client !== client_id) {
      const text = `Application with identifier '${client ?? ''}' was not found in the directory '${tenant}'.`
      return [700016, 400, 'unauthorized_client', text]
    }
    const resource = form.get('resource') ?? ''
    if (!Object.hasOwn(RESOURCES, resource)) {
      return [500011, 400, 'invalid_resource', `The resource principal named ${resource} was not found in the tenant.`]
    }
    const [secret, assertion] = [form.get('client_secret'), form.get('client_assertion')]
    if (assertion !== null && form.get('client_assertion_type') === ASSERTION) {
      const distrust = await issuer.distrust(assertion, [EXCHANGE_AUDIENCE])
      return distrust && DISTRUST[distrust]
    }
    if (secret === null) {
      const text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
      return [7000218, 401, 'invalid_client', text]
    }
    if (secret === client_secret) return undefined
    return [7000215, 401, 'invalid_client', 'Invalid client secret provided.']
  }

  const issue = (resource: string): TokenReply => {
    const { token, life } = oauth.issue(RESOURCES[resource] ?? 'databricks')
    const seconds = Math.floor(now() / 1_000)
    // All text, as v1 has it.
    const times = { expires_in: `${life}`, ext_expires_in: `${life}`, expires_on: `${seconds + life}` }
    return {
      status: 200,
      body: { token_type: 'Bearer', ...times, not_before: `${seconds}`, resource, access_token: token },
    }
  }

  const refuse = ([code, status, error, text]: Refusal): TokenReply => {
    const [trace_id, correlation_id, at] = [randomUUID(), randomUUID(), new Date(now()).toISOString()]
    const timestamp = `${at.slice(0, 10)} ${at.slice(11, 19)}Z`
    const trace = `Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`
    const error_description = `AADSTS${code}: ${text} ${trace}`
    return { status, body: { error, error_description, error_codes: [code], timestamp, trace_id, correlation_id } }
  }

  return async (tenant: string, form: URLSearchParams): Promise<TokenReply> => {
    const refusal = await findRefusal(tenant, form)
    return refusal ? refuse(refusal) : issue(form.get('resource') ?? '')
  }
}
