import { buildPanel, DATASOURCE } from './panel.ts'
import type { Board, Panel } from './source.ts'

const COLUMNS = 24

/** A dashboard as Grafana imports and provisions it (classic model, schema 39: Grafana 10 and later). */
export function buildBoard({ uid, title, description, variables, rows }: Board) {
  return {
    uid,
    title,
    description,
    tags: ['job-gateway'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    time: { from: 'now-6h', to: 'now' },
    refresh: '1m',
    timezone: 'browser',
    links: [LINKS],
    annotations: { list: [] },
    templating: { list: buildVariables(variables) },
    panels: placeRows(rows).map((panel, index) => ({ id: index + 1, ...panel })),
  }
}

/** The other boards, with the time and the choices of this one. */
const LINKS = {
  type: 'dashboards',
  title: 'Job gateway',
  tags: ['job-gateway'],
  asDropdown: false,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
  icon: 'external link',
  tooltip: '',
  url: '',
}

/** Where several gateways write to one Prometheus, their namespaces keep them apart; elsewhere `.*` fits them all. */
const NAMESPACES = 'label_values(job_gateway_ledger_up, namespace)'

function buildVariables(variables: Board['variables']) {
  const datasource = { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 }
  const queries = Object.entries({ namespace: NAMESPACES, ...variables })
  return [datasource, ...queries.map(([name, query]) => buildVariable(name, query))]
}

function buildVariable(name: string, query: string) {
  return {
    name,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: name },
    // When the time shown changes: a new job appears without a reload.
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    // The jobs of the chosen owners only; an owner, or a namespace, may be none.
    ...(name === 'job' ? {} : { allValue: '.*' }),
    current: { text: ['All'], value: ['$__all'] },
  }
}

/** Panels from left to right, in as many lines as they need, under the heading of their row. */
function placeRows(rows: Board['rows']) {
  let y = 0
  return rows.flatMap(({ title, height, panels }) => {
    const heading = { type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } }
    y += 1
    const placed = placePanels(panels, { y, height })
    y = Math.max(...placed.map(({ gridPos }) => gridPos.y)) + height
    return [heading, ...placed]
  })
}

function placePanels(panels: Panel[], { y: top, height }: { y: number; height: number }) {
  let x = 0
  let y = top
  return panels.map((panel) => {
    if (x + panel.width > COLUMNS) {
      x = 0
      y += height
    }
    const gridPos = { x, y, w: panel.width, h: height }
    x += panel.width
    return { ...buildPanel(panel), gridPos }
  })
}
