import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'
import { readRequest, type Span } from './otlp.ts'

/** An OTLP receiver over HTTP, as a collector is one. */
export interface Receiver {
  url: string
  spans(): Span[]
  /** Everything that it was sent, as text. */
  bytes(): string
  /** Paths and content types of what it was sent. */
  requests(): string[]
  /** The spans, once there are some with all of these names. */
  received(...names: string[]): Promise<Span[]>
}

export async function startReceiver(t: Test): Promise<Receiver> {
  const spans: Span[] = []
  const bodies: Buffer[] = []
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    bodies.push(body)
    requests.push(`${request.method} ${request.url} ${request.headers['content-type']}`)
    spans.push(...readRequest(body))
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    server.emit('spans')
  }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => spans,
    bytes: () => Buffer.concat(bodies).toString('latin1'),
    requests: () => requests,
    async received(...names) {
      while (!names.every((wanted) => spans.some(({ name }) => name === wanted))) await once(server, 'spans')
      return spans
    },
  }
}
