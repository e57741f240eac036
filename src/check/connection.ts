import { isWebPage } from '../databricks/error-body.ts'
import { failed, type Result, well } from './finding.ts'
import type { Certificate, Reached } from './reach.ts'

/** What a diagnosis names. */
export interface Route {
  workspace: string
  host: URL
  proxy: URL | undefined
}

const CHECK = 'connection'

/** What it means that this far was got, and no farther. Pure. */
export function diagnoseConnection(reached: Reached, route: Route): Result {
  switch (reached.kind) {
    case 'lost':
      return reached.at === 'proxy' ? diagnoseLostProxy(reached.code, route) : diagnoseLostHost(reached.code, route)
    case 'barred':
      return diagnoseBarred(reached.status, route)
    case 'answered':
      return diagnoseAnswer(reached, route)
  }
}

const REASONS: Record<string, string> = {
  ENOTFOUND: 'its name is not known to the DNS',
  EAI_AGAIN: 'the DNS does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection is cut',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'no route leads there',
  ENETUNREACH: 'no route leads there',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
}

const reasonOf = (code: string) => REASONS[code] ?? `the connection fails (${code})`
const isNameTrouble = (code: string) => code === 'ENOTFOUND' || code === 'EAI_AGAIN'

function diagnoseLostProxy(code: string, { workspace, proxy }: Route): Result {
  return failed(CHECK, {
    code: 'proxy-unreachable',
    message: `the proxy ${proxy?.origin} cannot be reached: ${reasonOf(code)}`,
    cure: `correct HTTPS_PROXY or workspaces.${workspace}.proxy, or let this machine through to the proxy`,
  })
}

function diagnoseLostHost(code: string, { workspace, host, proxy }: Route): Result {
  const message = `${host.host} cannot be reached: ${reasonOf(code)}`
  if (isNameTrouble(code)) {
    return failed(CHECK, {
      code: 'host-unknown',
      message,
      cure: `correct workspaces.${workspace}.host; where only a proxy knows outside names, set HTTPS_PROXY`,
    })
  }
  return failed(CHECK, {
    code: 'host-unreachable',
    message,
    cure: proxy
      ? `have the proxy let ${host.host} through, or correct workspaces.${workspace}.host`
      : `correct workspaces.${workspace}.host, have the firewall let this machine through, or set HTTPS_PROXY`,
  })
}

function diagnoseBarred(status: number, { workspace, host, proxy }: Route): Result {
  return status === 407
    ? failed(CHECK, {
        code: 'proxy-credentials',
        message: `the proxy ${proxy?.origin} wants a user and a password (407)`,
        cure: `write them as workspaces.${workspace}.proxy.user and .password; or in HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, special characters %-encoded`,
      })
    : failed(CHECK, {
        code: 'proxy-refuses',
        message: `the proxy ${proxy?.origin} refuses the way to ${host.host} (${status})`,
        cure: `have ${host.host} allowed in the proxy`,
      })
}

type Answered = Extract<Reached, { kind: 'answered' }>

function diagnoseAnswer({ certificate, status, text, location }: Answered, route: Route): Result {
  const { workspace, host } = route
  if (certificate?.distrust !== undefined) return diagnoseDistrust(certificate, certificate.distrust, route)
  if ((status >= 300 && status < 400) || (status < 500 && isWebPage(text))) {
    const what = location === undefined ? 'a web page' : `a redirect to ${location.split(/[?#]/, 1)[0]}`
    return failed(CHECK, {
      code: 'not-a-workspace',
      message: `${host.host} is no workspace: it answers ${what}`,
      cure: `write the workspace's own address as workspaces.${workspace}.host, such as https://adb-1234567890123456.7.azuredatabricks.net`,
    })
  }
  if (status >= 500) {
    return failed(CHECK, {
      code: 'databricks-failing',
      message: `${host.host} answers with an error of its own (${status})`,
      cure: 'look at the status page of Databricks, and check again later',
    })
  }
  return well(CHECK, certificate ? `TLS, certificate by "${certificate.issuer}"` : 'plain HTTP')
}

function diagnoseDistrust({ issuer }: Certificate, code: string, { workspace, host }: Route): Result {
  const message = `the certificate of ${host.host}, issued by "${issuer}", is not trusted (${code})`
  const cures: Record<string, string> = {
    ERR_TLS_CERT_ALTNAME_INVALID: `it is another host's: correct workspaces.${workspace}.host`,
    CERT_HAS_EXPIRED: "it has ended: whoever runs that server or proxy must renew it; or this machine's date is wrong",
    CERT_NOT_YET_VALID: "its time has not begun: correct this machine's date",
  }
  const unknownIssuer = `if that is your company's authority, name its PEM file as workspaces.${workspace}.ca`
  return failed(CHECK, { code: 'certificate-untrusted', message, cure: cures[code] ?? unknownIssuer })
}

const MOST_APART_MS = 60_000

/** Logs and deadlines are told in our time, runs in theirs. Pure. */
export function compareClocks({ theirs, ours }: { theirs: number; ours: number }): Result {
  const seconds = Math.round(Math.abs(ours - theirs) / 1000)
  // The header has whole seconds.
  if (Math.abs(ours - theirs) <= MOST_APART_MS)
    return well('clock', `clocks ${seconds < 2 ? 'agree' : `${seconds} s apart`}`)
  return failed('clock', {
    code: 'clock-skewed',
    message: `this machine's clock is ${seconds} s ${ours > theirs ? 'ahead of' : 'behind'} that of Databricks`,
    cure: 'synchronise this machine (NTP, chrony)',
  })
}
