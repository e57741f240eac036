import { setTimeout as sleep } from 'node:timers/promises'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

/** Passes each new connection to the next replica that, as far as it knows, is ready. */
export interface Balancer extends AsyncDisposable {
  url: string
}

const PROBE_EVERY_MS = 100

/** @param lateMs how long after a replica's /readyz has changed this is still not known */
export async function startBalancer(replicas: string[], { lateMs }: { lateMs: number }): Promise<Balancer> {
  const targets = replicas.map((url) => ({ url, ready: true }))
  const stopping = new AbortController()
  const { signal } = stopping
  let turn = 0

  async function watch(target: (typeof targets)[number]): Promise<void> {
    let seen = true
    while (!signal.aborted) {
      const ready = await isReady(target.url, signal)
      if (ready !== seen) learnLate(target, ready)
      seen = ready
      await sleep(PROBE_EVERY_MS, undefined, { signal }).catch(() => {})
    }
  }

  function learnLate(target: (typeof targets)[number], ready: boolean): void {
    const learn = () => {
      target.ready = ready
    }
    sleep(lateMs, undefined, { signal }).then(learn, () => {})
  }

  /** Balancers that know of no ready one try them all. */
  function next(): { host: string; port: number } {
    const ready = targets.filter((target) => target.ready)
    const candidates = ready.length > 0 ? ready : targets
    const { hostname, port } = new URL(candidates[turn++ % candidates.length]?.url ?? '')
    return { host: hostname, port: Number(port) }
  }

  const proxy = await startTcpProxy(next)
  const watches = targets.map(watch)
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(watches)
      await proxy[Symbol.asyncDispose]()
    },
  }
}

async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { ok } = await fetch(`${url}/readyz`, { signal, headers: { connection: 'close' } })
    return ok
  } catch {
    return false
  }
}
