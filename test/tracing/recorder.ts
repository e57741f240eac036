import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Stands before a workspace, and notes with which headers it is asked. */
export interface Recorder {
  url: string
  asked(path: string): IncomingHttpHeaders[]
}

export async function startRecorder(t: Test, target: { url: string }): Promise<Recorder> {
  const calls: { path: string; headers: IncomingHttpHeaders }[] = []
  const { port } = new URL(target.url)
  const server = createServer((request, response) => {
    const { method, url: path = '', headers } = request
    calls.push({ path: path.split('?', 1)[0] ?? '', headers })
    const onward = send({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (path) => calls.filter((call) => call.path === path).map(({ headers }) => headers),
  }
}
