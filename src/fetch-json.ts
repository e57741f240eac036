import { request } from 'undici'
import { type Clock, OVER } from './clock.ts'
import type { CaConfig, ProxyConfig } from './config/schema/network.ts'
import { createDispatcher } from './databricks/dispatcher.ts'
import { readRoute, type Surroundings } from './route.ts'

/** Gives the JSON at an address. Rejects with an error that says in words what was wrong. */
export type FetchJson = (url: URL, way: { proxy?: ProxyConfig; ca?: CaConfig }) => Promise<unknown>

const TIMEOUT_MS = 5_000
const MAX_BYTES = 2 ** 19

/**
 * For what is asked for a few times an hour: each time over a connection of its own, so that another file of a private
 * CA, or another password of the proxy, counts from the next time on. Follows no redirects.
 */
export function createFetchJson({ clock, ...surroundings }: Surroundings & { clock: Clock }): FetchJson {
  return async (url, way) => {
    const dispatcher = createDispatcher(readRoute(way, surroundings))
    const [late, over] = [new AbortController(), new AbortController()]
    void clock.sleep(TIMEOUT_MS, over.signal).then(() => late.abort(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)))
    try {
      const headers = { accept: 'application/json' }
      const { statusCode, body } = await request(url, { dispatcher, headers, signal: late.signal })
      if (statusCode !== 200) throw new Error(`its answer has the status ${statusCode}`)
      return parse(await readText(body))
    } catch (error) {
      throw new Error(`${url.href}: ${describe(error)}`, { cause: error })
    } finally {
      over.abort(OVER)
      await dispatcher.destroy()
    }
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES / 1024} KB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('its answer is no JSON', { cause })
  }
}

/** An AggregateError of several addresses has no message of its own. */
function describe(error: unknown): string {
  const [first = error] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? first.message : String(first)
}
