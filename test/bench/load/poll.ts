import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export interface PollOrder {
  host: string
  port: number
  /** Asked for by the callers in turns. */
  paths: string[]
  headers: Record<string, string>
  /** Each on a connection of its own that it keeps; together they begin over the first `everyMs`. */
  callers: number
  everyMs: number
  forMs: number
}

export interface Polls {
  statuses: Record<string, number>
  p50Ms: number
  p99Ms: number
  perSecond: number
}

// On bare sockets: ten thousand callers of an HTTP client would take more of the machine than the gateway does.

const END_OF_HEADERS = '\r\n\r\n'
/** The system's queue of connections is short: they come in waves. */
const WAVE = 500
const PAUSE_MS = 100

const { host, port, paths, headers, callers, everyMs, forMs } = (await json(process.stdin)) as PollOrder
const lines = Object.entries({ host: `${host}:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
const statuses: Polls['statuses'] = {}
const tookMs: number[] = []

/** Opens a caller's connection; what it resolves with makes one request and resolves with its status. */
async function openCaller(path: string): Promise<{ ask: () => Promise<string>; close: () => void }> {
  const socket = connect(port, host)
  const { promise: connected, resolve: isConnected, reject } = Promise.withResolvers<void>()
  let received = ''
  let answered = (_status: string) => {}
  let failed: (error: Error) => void = reject
  socket.once('connect', isConnected)
  socket.on('error', (error) => failed(error))
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const end = received.indexOf(END_OF_HEADERS)
    if (end < 0) return
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1])
    if (received.length < end + END_OF_HEADERS.length + length) return
    const status = received.slice(9, 12)
    received = ''
    answered(status)
  })
  await connected
  const request = `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        answered = resolve
        failed = reject
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

/** As schedulers do: it asks again so long after the answer, not after the question. */
async function poll(ask: () => Promise<string>, wait: number, endAt: number): Promise<void> {
  for (await sleep(wait); performance.now() < endAt; await sleep(everyMs)) {
    const begun = performance.now()
    const status = await ask()
    statuses[status] = (statuses[status] ?? 0) + 1
    tookMs.push(performance.now() - begun)
  }
}

const opened: Awaited<ReturnType<typeof openCaller>>[] = []
while (opened.length < callers) {
  const wave = Array.from({ length: Math.min(WAVE, callers - opened.length) }, (_, index) =>
    openCaller(paths[(opened.length + index) % paths.length] ?? ''),
  )
  opened.push(...(await Promise.all(wave)))
  await sleep(PAUSE_MS)
}
const begun = performance.now()
await Promise.all(opened.map(({ ask }, index) => poll(ask, (index * everyMs) / callers, begun + forMs)))
const seconds = (performance.now() - begun) / 1000
for (const { close } of opened) close()
tookMs.sort((a, b) => a - b)
const polls: Polls = {
  statuses,
  p50Ms: tookMs[Math.floor(tookMs.length * 0.5)] ?? 0,
  p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? 0,
  perSecond: tookMs.length / seconds,
}
process.stdout.write(JSON.stringify(polls))
