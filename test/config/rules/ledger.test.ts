import { join } from 'node:path'
import t from 'tap'
import { readLedgerOptions } from '../../../src/ledger-options.ts'
import { BASE, readFiles, testProblems } from '../../support/config-files.ts'

const GOOD = 'postgres://gateway@db.example.com/gateway'
const at = (column: number, path: string) => `gateway.yaml:1:${column} ledger.${path}:`
const ledger = (rest: string) => `ledger: { url: "${rest} }`

testProblems(t, [
  ['PostgreSQL', ledger(`${GOOD}", pool_size: 20, migrations: manual, tls: { mode: require }`), []],
  ['its other scheme, with a port', ledger('postgresql://gateway@db.example.com:6432/gateway"'), []],
  [
    'a password in the url, which is not shown',
    ledger('postgres://gateway:hunter2@db/gateway"'),
    [
      `${at(11, 'url')} holds a password; take it out and write where it is, {env: NAME} or {file: PATH}, as ledger.password`,
    ],
  ],
  [
    'another scheme, and a password in it, which is not shown',
    ledger('mysql://gateway:hunter2@db/gateway"'),
    [
      `${at(11, 'url')} must be sqlite: and the path of a file, such as sqlite:./data/runs.db, or postgres://user@host/database`,
    ],
  ],
  [
    'a literal password, which is not shown',
    ledger(`${GOOD}", password: hunter2`),
    [
      `${at(61, 'password')} must be a reference, {env: NAME} or {file: PATH}; the secret itself never stands in this file`,
    ],
  ],
  [
    'no user',
    ledger('postgres://db/gateway"'),
    [`${at(11, 'url')} must name the user, the host and the database, such as ${GOOD}`],
  ],
  [
    'no database',
    ledger('postgres://gateway@db/"'),
    [`${at(11, 'url')} must name the user, the host and the database, such as ${GOOD}`],
  ],
  ['no address', ledger('postgres://gateway@:x/gateway"'), [`${at(11, 'url')} must be an address such as ${GOOD}`]],
  [
    'parameters of the url',
    ledger(`${GOOD}?sslmode=require"`),
    [`${at(11, 'url')} takes no parameters; take out all from the ? on (what sslmode said is ledger.tls.mode)`],
  ],
  [
    'references that lead nowhere',
    ledger(`${GOOD}", password: { env: NOWHERE }, tls: { ca: { file: nowhere.pem } }`),
    [
      `${at(61, 'password')} environment variable NOWHERE is not set; put the secret there`,
      `${at(102, 'tls.ca.file')} nowhere.pem cannot be read (no such file)`,
    ],
  ],
  [
    'a certificate that is not looked at',
    ledger(`${GOOD}", tls: { mode: require, ca: { file: gateway.yaml } }`),
    [`${at(83, 'tls.ca')} is not looked at with mode require; take verify-full`],
  ],
  [
    'a way around the pooler, which is an address like url',
    ledger(`${GOOD}", direct: "postgres://gateway:hunter2@db/"`),
    [
      `${at(61, 'direct')} holds a password; take it out and write where it is, {env: NAME} or {file: PATH}, as ledger.password`,
      `${at(61, 'direct')} must name the user, the host and the database, such as ${GOOD}`,
    ],
  ],
  [
    'what is for SQLite',
    ledger(`${GOOD}", synchronous: normal`),
    [
      `${at(61, 'synchronous')} is for an SQLite ledger; on PostgreSQL the server decides (synchronous_commit), so take it out`,
    ],
  ],
  [
    'what is for PostgreSQL',
    ledger(`sqlite:a.db", pool_size: 3, tls: {}, direct: "${GOOD}"`),
    [
      `${at(31, 'pool_size')} is for a PostgreSQL ledger, and url names a file; take it out`,
      `${at(45, 'tls')} is for a PostgreSQL ledger, and url names a file; take it out`,
      `${at(54, 'direct')} is for a PostgreSQL ledger, and url names a file; take it out`,
    ],
  ],
])

t.test('the password is read at each use, from a path seen from the file that names it', async (t) => {
  const yaml = `${ledger(`${GOOD}", password: { file: secret }`)}\n${BASE}`
  const read = await readFiles(t, { files: { 'gateway.yaml': yaml, secret: 'first\n' }, env: { TOKEN: 'x' } })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  t.same(read.config.ledger.password, { file: join(t.testdirName, 'secret') })
  const seen: string[] = []
  const { password, tls } = readLedgerOptions(read.config, { env: {}, onSecret: (secret) => seen.push(secret) })
  t.equal(password?.(), 'first')
  t.same(seen, ['first'], 'and the log is told to hide it')
  t.match(tls, { rejectUnauthorized: true }, 'and TLS is verified unless the configuration says otherwise')
})

t.test('the way around the pooler has the password of url, and TLS by its own host', async (t) => {
  const yaml = `${ledger('postgres://gateway@127.0.0.1:6432/gateway", direct: "postgres://gateway@db/gateway"')}\n${BASE}`
  const read = await readFiles(t, { files: { 'gateway.yaml': yaml }, env: { TOKEN: 'x' } })
  if ('problems' in read) throw new Error(read.problems.join('\n'))
  const { tls, direct } = readLedgerOptions(read.config, { env: {}, onSecret: () => {} })
  t.equal(tls, undefined)
  t.match(direct, { url: 'postgres://gateway@db/gateway', tls: { rejectUnauthorized: true } })
})
