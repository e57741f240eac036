import { request } from 'undici'
import { HEADERS } from './gateway.ts'

/** How long a read of the gateway takes, its answer included, ms. Throws when it is not answered with 200. */
export async function timeGet(url: string): Promise<number> {
  const begun = performance.now()
  const { statusCode, body } = await request(url, { headers: HEADERS })
  const text = await body.text()
  const took = performance.now() - begun
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text}`)
  return took
}
