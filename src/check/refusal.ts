import { type AuthConfig, secretOf } from '../config/schema/auth.ts'
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
      message: `Databricks lets ${describePrincipal(principal.auth)} in, but not do this: ${said}`,
      cure: 'have an administrator of the workspace give it that right',
    })
  }
  if (error.reason === 'web_page' || error.reason === 'redirect') {
    return failed(check, {
      code: 'not-a-workspace',
      message: said,
      cure: `write the workspace's own address as workspaces.${principal.workspace}.host, or its workspace_id where the host is of several`,
    })
  }
  if (!error.sent && principal.auth.type.startsWith('azure')) {
    return failed(check, {
      code: 'host-unreachable',
      message: `Microsoft Entra, which hands out the tokens, gives no useful answer: ${said}`,
      cure: `let this machine, or its proxy, through to Entra; or correct workspaces.${principal.workspace}.auth.authority_host`,
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
  const who = describePrincipal(auth)
  const said = quote(error)
  if (ABOUT_ADDRESS.test(error.message)) {
    return failed(check, {
      code: 'address-refused',
      message: `Databricks does not take calls from this machine's address: ${said}`,
      cure: "have the address added to the workspace's IP access list",
    })
  }
  // Without a token nothing was asked of the workspace itself.
  if (auth.type === 'pat' || !error.sent) return diagnoseNoToken(check, error, principal)
  return failed(check, {
    code: 'credential-refused',
    message: `the workspace refuses ${who}, though there is a token for it: ${said}`,
    cure: auth.type.startsWith('azure')
      ? `add it to this workspace, active and with workspace access; or write workspaces.${workspace}.auth.workspace_resource_id`
      : 'add the service principal to this workspace, active and with workspace access',
  })
}

function diagnoseNoToken(check: string, error: DatabricksError, { auth, workspace }: Principal): Result {
  const said = quote(error)
  const who = describePrincipal(auth)
  const issuer = auth.type.startsWith('azure') ? 'Microsoft Entra' : 'Databricks'
  const where = describePlace(auth)
  const at = `workspaces.${workspace}.auth`
  switch (auth.type) {
    case 'pat':
      return failed(check, {
        code: 'credential-refused',
        message: `Databricks refuses ${who}: ${said}`,
        cure: `check that it is of this workspace and has not ended; a new one goes into ${where}`,
      })
    case 'oidc-federation':
    case 'azure-workload-identity':
      return failed(check, {
        code: 'credential-refused',
        message: `${issuer} does not take the token from ${where} for ${who}: ${said}`,
        cure:
          auth.type === 'oidc-federation'
            ? `compare its issuer, subject, audience and end with the federation policy in Databricks, and ${at}.client_id`
            : `compare its issuer, subject, audience and end with the federated credential in Entra, and ${at}.client_id and tenant_id`,
      })
    default:
      if (error.errorCode !== 'invalid_client') {
        return failed(check, {
          code: 'credential-refused',
          message: `${issuer} refuses ${who}: ${said}`,
          cure: `correct ${at}.client_id${auth.type === 'oauth-m2m' ? '' : ' and tenant_id'}, or ${where}`,
        })
      }
      return failed(check, {
        code: 'secret-refused',
        message: `${issuer} refuses the secret of ${who}: wrong, ended or deleted (${said})`,
        cure: `make a new one in ${issuer} and put it into ${where}; or correct ${at}.client_id`,
      })
  }
}

function describePrincipal(auth: AuthConfig): string {
  if (auth.type === 'pat') return 'the personal access token'
  if (auth.client_id !== undefined) return `service principal ${auth.client_id}`
  return 'the principal that the policy of the account names'
}

function describePlace(auth: AuthConfig): string {
  const ref = secretOf(auth)
  if ('env' in ref) return `the environment variable ${ref.env}`
  return 'profile' in ref ? `${ref.key} of profile ${ref.profile} in ${ref.file}` : ref.file
}

/** Databricks' own words, with what its support asks for. */
function quote({ message, status, errorCode, requestId }: DatabricksError): string {
  const facts = [status, errorCode, requestId && `request ${requestId}`].filter(Boolean).join(', ')
  const words = message.replace(/^No access token: /, '').replace(/\.$/, '')
  return facts === '' ? words : `${words} (${facts})`
}
