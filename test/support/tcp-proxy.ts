import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A line between two programs that can be made as bad as a network gets. */
export interface TcpProxy extends AsyncDisposable {
  port: number
  /** Both sides of every connection see it end. */
  cut(): void
  /** Every connection there is goes silent for good, and nobody is told: no FIN, no RST. New ones work. */
  lose(): void
  /** Everything that travels takes so much longer from now on; 0: as fast as it can. */
  delay(ms: number): void
  /** Nothing gets through, nor does a new connection, until `resume`; nothing is lost. */
  stall(): void
  resume(): void
}

/** Of many callers a second Node's own 511 would lose some, while this process is busy. */
const BACKLOG = 4_096

interface Pair {
  sockets: Socket[]
  lost: boolean
}

/** @param target asked at each connection: it may move */
export async function startTcpProxy(target: () => { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let delayMs = 0
  let passable = Promise.resolve()
  let open = () => {}

  /** Chunks of one direction pass one after the other, so that none overtakes another when the delay changes. */
  function pump(from: Socket, to: Socket, pair: Pair): void {
    let last = Promise.resolve()
    const inTurn = (act: () => unknown) => {
      const due = performance.now() + delayMs
      last = last.then(async () => {
        await passable
        const early = due - performance.now()
        if (early > 0) await sleep(early)
        if (!pair.lost) act()
      })
    }
    from.on('data', (chunk) => inTurn(() => to.write(chunk)))
    from.on('end', () => inTurn(() => to.end()))
    from.on('error', () => {})
    from.on('close', () => inTurn(() => to.destroy()))
  }

  const server = createServer({ allowHalfOpen: true }, async (client) => {
    client.on('error', () => {})
    await passable
    const { host, port } = target()
    const upstream = connect({ host, port, allowHalfOpen: true })
    const pair = { sockets: [client, upstream], lost: false }
    pairs.add(pair)
    upstream.once('close', () => pairs.delete(pair))
    pump(client, upstream, pair)
    pump(upstream, client, pair)
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
  await once(server, 'listening')

  function cut(): void {
    for (const { sockets } of pairs) for (const socket of sockets) socket.destroy()
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut,
    lose() {
      for (const pair of pairs) pair.lost = true
    },
    delay(ms) {
      delayMs = ms
    },
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>()
      passable = promise
      open = resolve
    },
    resume: () => open(),
    async [Symbol.asyncDispose]() {
      open()
      server.close()
      cut()
    },
  }
}
