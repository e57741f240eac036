import type { Finding } from '../problem.ts'
import { findFailed, type Rule } from './context.ts'
import { checkFile, checkSecret } from './references.ts'

const OF_POSTGRES = ['password', 'tls', 'pool_size', 'direct']

export const checkLedger: Rule = ({ config: { ledger }, given, env }) => {
  if (ledger.url.startsWith('sqlite:')) {
    return findFailed(
      OF_POSTGRES.map((key) => [
        given(['ledger', key]),
        ['ledger', key],
        'is for a PostgreSQL ledger, and url names a file; take it out',
      ]),
    )
  }
  const { url, direct, password, tls } = ledger
  return [
    ...checkUrl(url, ['ledger', 'url']),
    ...(direct === undefined ? [] : checkUrl(direct, ['ledger', 'direct'])),
    ...findFailed([
      [
        given(['ledger', 'synchronous']),
        ['ledger', 'synchronous'],
        'is for an SQLite ledger; on PostgreSQL the server decides (synchronous_commit), so take it out',
      ],
      [
        tls?.ca !== undefined && !tls.mode.startsWith('verify'),
        ['ledger', 'tls', 'ca'],
        `is not looked at with mode ${tls?.mode}; take verify-full`,
      ],
    ]),
    ...(password ? checkSecret(password, ['ledger', 'password'], env) : []),
    ...(tls?.ca ? checkFile(tls.ca.file, ['ledger', 'tls', 'ca', 'file']) : []),
  ]
}

function checkUrl(text: string, path: Finding['path']): Finding[] {
  const url = URL.parse(text)
  // The text itself is never shown: it may hold a password.
  if (!url) return [{ path, message: 'must be an address such as postgres://gateway@db.example.com/gateway' }]
  return findFailed([
    [
      url.password !== '',
      path,
      'holds a password; take it out and write where it is, {env: NAME} or {file: PATH}, as ledger.password',
    ],
    [
      url.username === '' || url.hostname === '' || !/^\/[^/]+$/.test(url.pathname),
      path,
      'must name the user, the host and the database, such as postgres://gateway@db.example.com/gateway',
    ],
    [
      url.search !== '' || url.hash !== '',
      path,
      'takes no parameters; take out all from the ? on (what sslmode said is ledger.tls.mode)',
    ],
  ])
}
