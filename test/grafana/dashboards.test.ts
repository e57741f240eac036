import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { buildDashboards } from '../../grafana/build.ts'
import { readBoard } from '../../grafana/source.ts'

interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
}

const dashboards = buildDashboards()
const boards = dashboards.map(({ json }) => JSON.parse(json) as { uid: string; title: string; panels: Panel[] })

t.test('the dashboards are those of the sources: else `node grafana/build.ts`', async (t) => {
  const folder = new URL('../../grafana/dashboards/', import.meta.url)
  t.same(
    readdirSync(folder).toSorted(),
    dashboards.map(({ file }) => file.pathname.slice(folder.pathname.length)).toSorted(),
  )
  for (const { file, json } of dashboards) t.equal(readFileSync(file, 'utf8'), json, file.pathname)
})

t.test('every board has a place of its own, and every panel on it', async (t) => {
  t.equal(new Set(boards.map(({ uid }) => uid)).size, boards.length)
  for (const { title, panels } of boards) {
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, `${title}: ids`)
    const taken = new Map<string, string>()
    for (const { title: panel, gridPos } of panels) {
      t.ok(gridPos.x + gridPos.w <= 24, `${title}: ${panel} is not wider than the board`)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          t.notOk(taken.get(`${x}:${y}`), `${title}: ${panel} lies on ${taken.get(`${x}:${y}`)}`)
          taken.set(`${x}:${y}`, panel)
        }
      }
    }
  }
})

t.test('a source with a word that nothing reads is refused, with its place', async (t) => {
  const panel = '{ title: Runs, kind: stat, queries: { runs: up }, colour: red }'
  const source = `{ uid: a, title: A, description: A, rows: [{ title: Now, height: 4, panels: [${panel}] }] }`
  t.throws(() => readBoard(source), { message: /^\/rows\/0\/panels\/0\/colour: Unexpected property$/ })
})
