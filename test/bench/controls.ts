import type { Call } from '../../src/simulator/calls.ts'
import type { JobDefinition } from '../../src/simulator/definitions.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import type { PartialOptions } from '../../src/simulator/options.ts'
import type { RunSummary } from '../../src/simulator/run.ts'

/** What a simulated workspace can be told and asked from outside. */
export interface WorkspaceControls {
  setOptions(changes: PartialOptions): Promise<void>
  defineJob(definition: JobDefinition): Promise<void>
  addFault(fault: Fault): Promise<void>
  clearFaults(): Promise<void>
  runs(): Promise<RunSummary[]>
  /** As many as it keeps: `max_calls`. */
  calls(): Promise<Call[]>
}

export function controlWorkspace(workspaceUrl: string): WorkspaceControls {
  async function control<T>(method: string, name: string, body?: object): Promise<T> {
    const url = `${workspaceUrl}/__simulator/${name}`
    const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
    if (!response.ok) throw new Error(`${url}: ${await response.text()}`)
    return (await response.json()) as T
  }

  return {
    setOptions: (changes) => control('PATCH', 'options', changes),
    defineJob: (definition) => control('POST', 'jobs', definition),
    addFault: (fault) => control('POST', 'faults', fault),
    clearFaults: () => control('DELETE', 'faults'),
    runs: () => control('GET', 'runs'),
    calls: () => control('GET', 'calls'),
  }
}
