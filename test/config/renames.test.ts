import t from 'tap'
import { describeRenames } from '../../src/config/renames.ts'
import { BASE, readFiles } from '../support/config-files.ts'

const [OLD, NEW] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]
const client = (name: string, key: string, id = '') =>
  `clients: { ${name}: { keys: ["${key}"], permissions: [metrics]${id && `, id: ${id}`} } }`
const tokens = (name: string, claims: string) =>
  `issuers: { i: { issuer: "https://i.example.com", audience: [g] } }\nclients: { ${name}: { permissions: [metrics], tokens: [{ issuer: i, claims: { ${claims} } }] } }`
const job = (name: string, id: string) => `jobs: { ${name}: { job_id: "${id}" } }`

const cases: [name: string, before: string, next: string, told: RegExp[]][] = [
  ['nothing has changed', client('a', OLD), client('a', OLD), []],
  ['a client has another key', client('a', OLD), client('a', NEW), []],
  ['a client leaves, a stranger comes', client('a', OLD), client('b', NEW), []],
  [
    'the same key under another name',
    client('a', OLD),
    client('b', OLD),
    [/^client b has a key of .* client a and another id: keys .* do not hold .* Set id: a to keep them\.$/],
  ],
  [
    'the same key under another name, bound to the former id',
    client('a', OLD),
    client('b', OLD, 'a'),
    [/^client b is the former client a: .* still hold/],
  ],
  [
    'the same id under another name and key',
    client('a', OLD, 'x'),
    client('b', NEW, 'x'),
    [/^client b is the former client a: .* still hold/],
  ],
  [
    'another id under the same name',
    client('a', OLD),
    client('a', OLD, 'x'),
    [/^client a has id x instead of a: .* Set id: a to keep them\.$/],
  ],
  [
    'the same tokens under another name',
    tokens('a', 'azp: x, roles: r'),
    tokens('b', 'roles: r, azp: x'),
    [/^client b has the tokens of the former client a and another id: .* Set id: a to keep them\.$/],
  ],
  ['a client leaves, one with other tokens comes', tokens('a', 'azp: x'), tokens('b', 'azp: y'), []],
  ['a job leaves, another comes', job('a', '1'), job('b', '2'), []],
  [
    'the same job under another name',
    job('a', '1'),
    job('b', '1'),
    [/^job b is the former job a: keys of orders of a do not hold/],
  ],
  ['a second name for a job', job('a', '1'), 'jobs: { a: { job_id: "1" }, b: { job_id: "1" } }', []],
]

async function read(t: Parameters<typeof readFiles>[0], yaml: string) {
  const result = await readFiles(t, { files: { 'gateway.yaml': `${yaml}\n${BASE}` }, env: { TOKEN: 'x' } })
  if ('problems' in result) throw new Error(result.problems.join('\n'))
  return result.config
}

for (const [name, before, next, told] of cases) {
  t.test(name, async (t) => {
    t.match(describeRenames(await read(t, before), await read(t, next)), told)
    t.equal(describeRenames(await read(t, before), await read(t, next)).length, told.length)
  })
}
