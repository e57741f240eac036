import type { Test } from 'tap'
import { startProgram } from '../support/program.ts'

/** What a kit needs to know of the demo, under the names that the kits use. */
export interface Demo {
  GATEWAY_URL: string
  GATEWAY_KEY: string
}

/** The demo as a process of its own, on a free port. */
export async function startDemo(t: Test): Promise<Demo> {
  const [, url = ''] = await startProgram(t, ['demo', '--port', '0']).printed(/runs on (http:\S+),/)
  return { GATEWAY_URL: url, GATEWAY_KEY: 'demo-key' }
}
