/** `node grafana/build.ts` makes dashboards/*.json from source/*.yaml; a test proves that they are fresh. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { buildBoard } from './board.ts'
import { readBoard } from './source.ts'

const SOURCE = new URL('source/', import.meta.url)
const DASHBOARDS = new URL('dashboards/', import.meta.url)

/** File and content of every dashboard. */
export function buildDashboards(): { file: URL; json: string }[] {
  return readdirSync(SOURCE)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({
      file: new URL(name.replace(/yaml$/, 'json'), DASHBOARDS),
      json: `${JSON.stringify(buildBoard(readBoard(readFileSync(new URL(name, SOURCE), 'utf8'))), null, 2)}\n`,
    }))
}

if (import.meta.main) for (const { file, json } of buildDashboards()) writeFileSync(file, json)
