import t from 'tap'
import { BASE, readFiles } from '../support/config-files.ts'

const HASH = `sha256:${'A'.repeat(64)}`
const env = { TOKEN: 'x' }

t.test('jobs and clients come from included files, each name from one', async (t) => {
  const files = {
    'gateway.yaml': `include: [jobs.d/*.yaml, clients.yaml]\n${BASE}jobs: { a: { job_id: "1" } }`,
    'jobs.d/b.yaml': 'jobs: { b: { job_id: "2" } }',
    'jobs.d/c.yaml': 'jobs: { c: { job_id: "3" } }',
    'jobs.d/notes.txt': 'not yaml: [',
    'clients.yaml': `clients: { x: { keys: ["${HASH}"], permissions: [read], jobs: ["*"] } }`,
  }
  t.match(await readFiles(t, { files, env }), {
    config: { jobs: { a: { job_id: '1' }, b: { job_id: '2' }, c: { job_id: '3' } }, clients: { x: { jobs: ['*'] } } },
  })
})

t.test('what goes wrong with included files', async (t) => {
  const files = {
    'gateway.yaml': `include: [jobs.d/*.yaml, nope.yaml, none.d/*.yaml]\n${BASE}jobs: { a: { job_id: "1" } }`,
    'jobs.d/b.yaml': 'jobs:\n  a: { job_id: "2" }\n  b: { job_id: "2" }\nserver: { port: 1 }\ninclude: [c.yaml]',
    'jobs.d/c.yaml': 'jobs:\n  b: { job_id: "2", ownr: x }\nclients: []',
  }
  const result = await readFiles(t, { files, env })
  t.same('problems' in result && result.problems, [
    'gateway.yaml:1:26 include[1]: there is no file nope.yaml',
    'jobs.d/b.yaml:2:3 jobs.a: is in gateway.yaml already; keep one of the two',
    'jobs.d/b.yaml:4:1 server: does not belong here: an included file holds only jobs and clients',
    'jobs.d/b.yaml:5:1 include: does not belong here: an included file holds only jobs and clients',
    'jobs.d/c.yaml:2:3 jobs.b: is in jobs.d/b.yaml already; keep one of the two',
    'jobs.d/c.yaml:2:21 jobs.b.ownr: is no known key; did you mean owner?',
    'jobs.d/c.yaml:3:1 clients: must be a mapping of names',
  ])
})

t.test('a later file changes one key of an included job', async (t) => {
  const files = {
    'gateway.yaml': `include: [jobs.d/*.yaml]\n${BASE}`,
    'jobs.d/a.yaml': 'jobs: { a: { job_id: "1", owner: x } }',
    'test.yaml': 'jobs: { a: { job_id: "2" } }',
  }
  const result = await readFiles(t, { files, read: ['gateway.yaml', 'test.yaml'], env })
  t.match(result, { config: { jobs: { a: { job_id: '2', owner: 'x' } } } })
})
