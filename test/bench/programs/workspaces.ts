import { readFileSync } from 'node:fs'
import type { JobDefinition } from '../../../src/simulator/definitions.ts'
import type { PartialOptions } from '../../../src/simulator/options.ts'
import { createSimulator } from '../../../src/simulator/simulator.ts'
import { createScaledClock } from '../../support/scaled-clock.ts'

export interface WorkspacesOrder {
  jobs: Record<string, JobDefinition[]>
  options: PartialOptions
}

// Simulated workspaces in a time of their own. Arguments: the time scale as JSON, and a file that holds a
// WorkspacesOrder. Prints their urls by name.
const [, , scale = '', file = ''] = process.argv
const clock = createScaledClock(JSON.parse(scale))
const { jobs, options }: WorkspacesOrder = JSON.parse(readFileSync(file, 'utf8'))
const urls: Record<string, string> = {}
for (const [name, own] of Object.entries(jobs)) urls[name] = (await createSimulator({ clock, jobs: own, options })).url
process.stdout.write(`${JSON.stringify(urls)}\n`)
