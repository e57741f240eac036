import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault, PendingFault } from '../../src/simulator/faults.ts'
import type { RunSummary } from '../../src/simulator/run.ts'
import { startProgram } from '../support/program.ts'
import { DEFINITIONS } from './catalogue.ts'
import type { Scope } from './processes.ts'

/** The simulated workspace in a process of its own. */
export interface ChaosWorkspace {
  url: string
  runs(): Promise<RunSummary[]>
  /** Resolves with what takes the fault back, and tells how often it was met. */
  addFault(fault: Fault): Promise<() => Promise<number>>
}

export async function startWorkspace(scope: Scope, folder: string): Promise<ChaosWorkspace> {
  const catalogue = join(folder, 'catalogue.json')
  writeFileSync(catalogue, JSON.stringify(DEFINITIONS))
  const program = startProgram(scope, ['simulate', '--port', '0', '--catalogue', catalogue])
  const [, url = ''] = await program.printed(/Simulated workspace on (\S+),/)

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}/__simulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    return answer as T
  }

  return {
    url,
    runs: () => control('GET', 'runs'),
    async addFault(fault) {
      const { id } = await control<{ id: number }>('POST', 'faults', fault)
      return async () => {
        const pending = await control<PendingFault[]>('GET', 'faults')
        await control('DELETE', `faults/${id}`)
        return pending.find((each) => each.id === id)?.fired ?? 0
      }
    },
  }
}
