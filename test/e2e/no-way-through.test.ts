import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { KEYS, startGateway, startSimulator, writeConfig } from '../support/gateway.ts'
import { sendRaw } from '../support/raw-http.ts'

t.test('no input of a caller decides whom the gateway calls, or which path', async (t) => {
  const bait = await startBait(t)
  const simulator = await startSimulator(t, {
    jobs: [{ job_id: '11', name: 'quick', tasks: [{ task_key: 'main', duration_ms: 0 }] }],
  })
  const jobs = { open: { job_id: '11', additional_parameters: true } }
  const gateway = await startGateway(t, writeConfig(t, simulator, { jobs }))
  const { host, port } = new URL(gateway.url)
  const { body: run } = await gateway.trigger('open')
  await gateway.ended(run.id)
  simulator.clearCalls()

  const hostile = [
    ...[bait.url, `//${bait.host}/`, `@${bait.host}`, `1@${bait.host}`, `1.${bait.host}`],
    ...['../../2.0/secrets/list', '..%2f..%2f2.0%2fsecrets%2flist', '1/../../secrets', '1?host=x', '1#', '1&run_id=2'],
    ...['1\r\nHost: x', '1\0', '1 HTTP/1.1', '-1', '1e3', '0x10', '１', '9'.repeat(19), '9'.repeat(30), '٣'],
  ]
  const ids = [...hostile, ...hostile.map(encodeURIComponent)]
  for (const id of ids) {
    const path = encodeURIComponent(id)
    for (const query of [`?workspace=${path}`, '']) {
      await gateway.call('GET', `/runs/${path}${query}`)
      await gateway.call('POST', `/runs/${path}/refresh${query}`)
      await gateway.call('POST', `/runs/${path}/cancel${query}`)
      await gateway.call('POST', `/runs/${path}/repair${query}`)
    }
    await gateway.call('GET', `/runs/${path}/output?task=${path}`)
    await gateway.call('GET', `/runs/${run.id}/output?task=${path}`)
    await gateway.call('POST', `/trigger/${path}?key=${path}&ref=${path}`)
    await gateway.call('POST', `/runs/${run.id}/repair?tasks=${path}`)
    await gateway.call('GET', `/jobs/${path}`)
    await gateway.call('GET', `/problems/${path}`)
  }
  const asked = simulator.calls().map(({ method, path, query }) => `${method} ${path}?${query}`)
  t.same(asked, [], 'ids that are none are not even asked for')

  // Whatever says where to go: only data here, and passed on as such.
  simulator.clearCalls()
  const { url } = bait
  const headers = Object.fromEntries(
    ['x-forwarded-host', 'x-forwarded-for', 'x-original-url', 'x-rewrite-url', 'referer', 'origin', 'callback'].map(
      (name) => [name, url],
    ),
  )
  const { body: sent } = await gateway.trigger('open', { parameters: { host: url, url, ref: url } }, { headers })
  t.match(await gateway.ended(sent.id), { state: 'SUCCEEDED', parameters: { host: url } })
  const key = `X-Api-Key: ${KEYS['control-m']}\r\nConnection: close\r\nContent-Length: 0`
  for (const target of [`${url}/trigger/open`, '/trigger/open', `//${bait.host}/trigger/open`]) {
    await sendRaw(Number(port), `POST ${target} HTTP/1.1\r\nHost: ${bait.host}\r\n${key}\r\n\r\n`)
  }
  await sendRaw(Number(port), `CONNECT ${bait.host} HTTP/1.1\r\nHost: ${host}\r\n${key}\r\n\r\n`)
  t.same(bait.asked, [], 'nobody called where callers pointed')
})

/** Is to be left alone. */
async function startBait(t: Test) {
  const asked: string[] = []
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { asked, host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}` }
}
