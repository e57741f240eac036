import { mkdirSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Figure } from './bench.ts'
import { describeMachine } from './machine.ts'
import { ROWS } from './rows.ts'
import { formatTable } from './table.ts'

// npm run bench [-- ROW…] [--cpu-prof FOLDER] [--speed N]: measures the rows, prints one table and writes bench.json. A missed
// target is a result like any other; only a row that cannot be measured makes the exit code 1.

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'cpu-prof': { type: 'string' }, speed: { type: 'string' } },
})
const names = ROWS.map((row) => row.name)
const unknown = positionals.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`No such row: ${unknown.join(', ')}. There are ${names.join(', ')}.\n`)
  process.exit(2)
}

// Beside the source, since the folder for temporary files is memory on many machines.
const data = join(ROOT, 'data')
mkdirSync(data, { recursive: true })
using folder = mkdtempDisposableSync(join(data, 'bench-'))
const bench = {
  folder: folder.path,
  cpuProfiles: values['cpu-prof'] && resolve(values['cpu-prof']),
  speed: values.speed === undefined ? undefined : Number(values.speed),
}

const machine = describeMachine(folder.path)
const figures: (Figure & { row: string })[] = []
for (const row of ROWS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  process.stderr.write(`measuring ${row.name} …\n`)
  try {
    for (const figure of await row.measure(bench)) figures.push({ row: row.name, ...figure })
  } catch (error) {
    process.stderr.write(`${row.name} could not be measured: ${error instanceof Error ? error.stack : error}\n`)
    process.exitCode = 1
  }
}
process.stdout.write(`${machine.text}\n\n${formatTable(figures)}`)
const { text, ...facts } = machine
writeFileSync(join(ROOT, 'bench.json'), `${JSON.stringify({ measured_at: new Date(), ...facts, figures }, null, 2)}\n`)
