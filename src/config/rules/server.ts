import { isIP } from 'node:net'
import { readCertificate } from '../certificate.ts'
import { quote } from '../describe.ts'
import { parseHost } from '../host.ts'
import type { Finding } from '../problem.ts'
import { findProfile } from '../profiles.ts'
import { SIGNING_KEY_BYTES, type TlsConfig } from '../schema/server.ts'
import { findFailed, type Rule } from './context.ts'
import { checkFile, checkSecret } from './references.ts'

const MAKE_KEY = 'make one with openssl rand -base64 32'

export const checkServer: Rule = ({ config, given, env }) => {
  const { server, watch } = config
  const clients = Object.entries(config.clients)
  const remote = Object.entries(config.workspaces).find(([, workspace]) => {
    const host = parseHost(workspace.host, true)
    return 'origin' in host && !host.loopback
  })
  const azure = clients.find(([, client]) => client.profile === 'azure')
  const signs = clients.find(
    ([, client]) => client.signed_location ?? findProfile(client.profile, config.profiles)?.signed_location,
  )
  return [
    ...findFailed([
      [
        remote !== undefined && !given(['server', 'instance']),
        ['server', 'instance'],
        `is missing: workspace ${remote?.[0]} is a real one, so this installation needs a name of its own, such as prod`,
      ],
      [
        server.metrics_port === server.port && server.port !== 0,
        ['server', 'metrics_port'],
        `must not be the port of the API (${server.port}); take another, or null for /metrics on that port with a key`,
      ],
      [
        azure !== undefined && !given(['server', 'public_url']),
        ['server', 'public_url'],
        `is missing: client ${azure?.[0]} has profile azure, which follows absolute links; write how it reaches the gateway`,
      ],
      [
        signs !== undefined && server.signing_keys.length === 0 && !given(['server', 'signing_keys', 0]),
        ['server', 'signing_keys'],
        `is missing: client ${signs?.[0]} is given signed Locations; ${MAKE_KEY} and write where it is, such as ` +
          '[{file: secrets/signing-key}], or set signed_location: false for that client, if it sends its key with every call',
      ],
      [
        server.overload.triggers_seconds > server.overload.reads_seconds,
        ['server', 'overload', 'reads_seconds'],
        `must be at least triggers_seconds (${server.overload.triggers_seconds}), but is ${server.overload.reads_seconds}`,
      ],
      [
        watch.min_interval_seconds > watch.max_interval_seconds,
        ['watch', 'max_interval_seconds'],
        `must be at least min_interval_seconds (${watch.min_interval_seconds}), but is ${watch.max_interval_seconds}`,
      ],
    ]),
    ...checkPublicUrl(server.public_url),
    ...(server.tls ? checkTls(server.tls) : []),
    ...server.signing_keys.flatMap((ref, i) =>
      checkSecret(ref, ['server', 'signing_keys', i], env, { minBytes: SIGNING_KEY_BYTES, cure: MAKE_KEY }),
    ),
    ...server.trusted_proxies
      .map((range, i) => ({
        path: ['server', 'trusted_proxies', i],
        message: `must be an address or a CIDR range such as 10.0.0.0/8, but is ${quote(range)}`,
        good: isRange(range),
      }))
      .filter(({ good }) => !good),
  ]
}

function checkTls(tls: TlsConfig): Finding[] {
  const unreadable = [
    ...checkFile(tls.certificate.file, ['server', 'tls', 'certificate', 'file']),
    ...checkFile(tls.key.file, ['server', 'tls', 'key', 'file']),
  ]
  if (unreadable.length > 0) return unreadable
  try {
    readCertificate(tls)
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [
      { path: ['server', 'tls'], message: `holds no certificate with its own private key, both as PEM (${reason})` },
    ]
  }
}

function checkPublicUrl(text: string | undefined): Finding[] {
  if (text === undefined) return []
  const url = URL.parse(text)
  const path = ['server', 'public_url']
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    return [{ path, message: 'must be an http or https address without ? and #, such as https://jobs.example.com' }]
  }
  return url.username === '' && url.password === ''
    ? []
    : [{ path, message: 'holds a user name or password; it is sent to every caller, so take it out' }]
}

function isRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}
