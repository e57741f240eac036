import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startServer } from '../support/http-server.ts'
import { LEAST, render, whyWithout } from './helm.ts'
import { podsOf } from './pods.ts'

/** What the pod of `helm test` ends with when the service leads to `url`. */
async function testRelease(url: string) {
  const pod = podsOf(render(LEAST)).find(({ kind }) => kind === 'Pod')
  if (!pod) throw new Error('there is no such pod')
  const [{ command: [, ...options] = [], args }] = pod.spec.containers
  const moved = args.map((arg) => arg.replace('http://gateway-databricks-job-gateway:80', url))
  const child = spawn(process.execPath, [...options, ...moved])
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { stdout, code }
}

t.test('`helm test` is what /readyz says', { skip: whyWithout('helm') }, async (t) => {
  const health = { ready: true, draining: false }
  const { url } = await startServer(t, { health: () => health })
  t.same(await testRelease(url), { stdout: '200 {"status":"ready"}\n', code: 0 })
  health.draining = true
  t.same(await testRelease(url), { stdout: '503 {"status":"draining"}\n', code: 1 })
})
