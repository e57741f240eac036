import type { AuthConfig, SecretRef } from '../config/schema/workspaces.ts'
import type { DatabricksError } from '../databricks/errors.ts'
import { failed, type Result } from './finding.ts'

/** Whom Databricks refused. */
export interface Principal {
  workspace: string
  host: string
  auth: AuthConfig
}

/**
 * What it means that Databricks did not answer a call as hoped, whatever the call was about: a credential, this machine's
 * address, or Databricks itself. Pure.
 */
export function diagnoseRefusal(check: string, error: DatabricksError, principal: Principal): Result {
  const { host } = principal
  if (error.kind === 'credential') return diagnoseCredential(check, error, principal)
  const said = quote(error)
  if (error.kind === 'throttled') {
    return failed(check, {
      code: 'throttled',
      message: `Databricks has had too many requests: ${said}`,
      cure: 'check again in a minute; if it stays, lower workspaces.….budget, or find who else calls this workspace',
    })
  }
  if (error.kind === 'denied') {
    return failed(check, {
      code: 'access-denied',
      message: `Databricks lets ${describePrincipal(principal)} in, but not do this: ${said}`,
      cure: 'have an administrator of the workspace give it that right',
    })
  }
  if (error.reason === 'web_page' || error.reason === 'redirect') {
    return failed(check, {
      code: 'not-a-workspace',
      message: said,
      cure: `write the workspace's own address as workspaces.${principal.workspace}.host`,
    })
  }
  return failed(check, {
    code: 'databricks-failing',
    message: `${new URL(host).host} gives no useful answer: ${said}`,
    cure: 'check again later; if it stays, ask Databricks, with the request id where there is one',
  })
}

const ABOUT_ADDRESS = /\bIP ACL\b|\bIP access list|\bnetwork policy\b|\bpublic access\b/i

function diagnoseCredential(check: string, error: DatabricksError, principal: Principal): Result {
  const { auth, workspace } = principal
  const who = describePrincipal(principal)
  const said = quote(error)
  if (ABOUT_ADDRESS.test(error.message)) {
    return failed(check, {
      code: 'address-refused',
      message: `Databricks does not take calls from this machine's address: ${said}`,
      cure: "have the address added to the workspace's IP access list",
    })
  }
  if (error.errorCode === 'invalid_client') {
    return failed(check, {
      code: 'secret-refused',
      message: `Databricks refuses the secret of ${who}: wrong, ended or deleted (${said})`,
      cure: `make a new one in Databricks and put it into ${whereOf(auth)}; or correct workspaces.${workspace}.auth.client_id`,
    })
  }
  // Without a token nothing was asked of the workspace itself.
  if (auth.type === 'pat' || !error.sent) {
    return failed(check, {
      code: 'credential-refused',
      message: `Databricks refuses ${who}: ${said}`,
      cure: `check that it is of this workspace and has not ended; a new one goes into ${whereOf(auth)}`,
    })
  }
  return failed(check, {
    code: 'credential-refused',
    message: `the workspace refuses ${who}, though it gave it a token: ${said}`,
    cure: 'add the service principal to this workspace, active and with workspace access',
  })
}

function describePrincipal({ auth }: Principal): string {
  return auth.type === 'pat' ? 'the personal access token' : `service principal ${auth.client_id}`
}

function whereOf(auth: AuthConfig): string {
  const ref: SecretRef = auth.type === 'pat' ? auth.token : auth.client_secret
  return 'env' in ref ? `the environment variable ${ref.env}` : ref.file
}

/** Databricks' own words, with what its support asks for. */
function quote({ message, status, errorCode, requestId }: DatabricksError): string {
  const facts = [status, errorCode, requestId && `request ${requestId}`].filter(Boolean).join(', ')
  const words = message.replace(/^No access token: /, '').replace(/\.$/, '')
  return facts === '' ? words : `${words} (${facts})`
}
