import type { Panel, Thresholds, Values } from './source.ts'

/** Chosen by the reader; Grafana begins with its default Prometheus. */
export const DATASOURCE = { type: 'prometheus', uid: '$datasource' }

/** A panel in Grafana's words, but for its place on the board. */
export function buildPanel(panel: Panel) {
  const { title, description, kind } = panel
  return {
    title,
    ...(description === undefined ? {} : { description }),
    datasource: DATASOURCE,
    targets: buildTargets(panel),
    ...KINDS[kind](panel),
  }
}

function buildTargets({ kind, queries }: Panel) {
  const instant = kind === 'stat' || kind === 'table'
  return Object.entries(queries).map(([legend, expr], index) => ({
    refId: refId(index),
    datasource: DATASOURCE,
    expr: expr.trim(),
    legendFormat: legend,
    instant,
    range: !instant,
    ...(kind === 'table' ? { format: 'table' } : {}),
  }))
}

const KINDS: Record<Panel['kind'], (panel: Panel) => object> = {
  stat: (panel) => ({
    type: 'stat',
    fieldConfig: { defaults: { ...buildDefaults(panel), noValue: panel.none }, overrides: [] },
    options: {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      textMode: panel.show === 'name' ? 'name' : 'auto',
    },
  }),
  lines: (panel) => buildSeries(panel, { drawStyle: 'line', fillOpacity: 0, stacking: 'none' }),
  area: (panel) => buildSeries(panel, { drawStyle: 'line', fillOpacity: 30, stacking: 'normal' }),
  bars: (panel) => buildSeries(panel, { drawStyle: 'bars', fillOpacity: 80, stacking: 'normal' }),
  states: (panel) => ({
    type: 'state-timeline',
    fieldConfig: { defaults: { ...buildDefaults(panel), custom: { fillOpacity: 70, lineWidth: 0 } }, overrides: [] },
    options: { mergeValues: true, showValue: 'auto', rowHeight: 0.8, legend: { ...LEGEND, showLegend: false } },
  }),
  table: buildTable,
}

const LEGEND = { displayMode: 'list', placement: 'bottom', calcs: [] }

interface Drawn {
  drawStyle: 'line' | 'bars'
  fillOpacity: number
  stacking: 'none' | 'normal'
}

function buildSeries(panel: Panel, { drawStyle, fillOpacity, stacking }: Drawn) {
  const custom = {
    drawStyle,
    fillOpacity,
    lineWidth: 1,
    showPoints: 'auto',
    spanNulls: false,
    stacking: { mode: stacking, group: 'A' },
  }
  return {
    type: 'timeseries',
    fieldConfig: { defaults: { ...buildDefaults(panel), min: 0, custom }, overrides: [] },
    options: {
      legend: { ...LEGEND, showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }
}

/** One row for each value of `by`, one column for each query. */
function buildTable(panel: Panel) {
  const { by = '', queries, columns } = panel
  const headings = Object.keys(queries)
  const hidden = headings.filter((heading) => columns[heading]?.hidden).map(valueField(headings))
  // Grafana numbers the fields that several queries have in common.
  const times = ['Time', ...headings.map((_, index) => `Time ${index + 1}`)]
  const overrides = Object.entries(columns).map(([heading, { unit, thresholds, values }]) => ({
    matcher: { id: 'byName', options: heading },
    properties: [
      ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
      ...(values === undefined ? [] : [{ id: 'mappings', value: buildMappings(values) }]),
      ...(thresholds === undefined ? [] : [{ id: 'thresholds', value: buildThresholds(thresholds) }]),
      ...((values ?? thresholds)
        ? [{ id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } }]
        : []),
    ],
  }))
  return {
    type: 'table',
    fieldConfig: { defaults: { ...buildDefaults(panel), custom: { align: 'auto', filterable: true } }, overrides },
    options: { showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: by, desc: false }] },
    transformations: [
      { id: 'joinByField', options: { byField: by, mode: 'outer' } },
      {
        id: 'organize',
        options: {
          excludeByName: Object.fromEntries([...times, ...hidden].map((field) => [field, true])),
          renameByName: Object.fromEntries(headings.map((heading) => [valueField(headings)(heading), heading])),
        },
      },
    ],
  }
}

const valueField = (headings: string[]) => (heading: string) => `Value #${refId(headings.indexOf(heading))}`

function buildDefaults({ unit, max, thresholds, values }: Panel) {
  return {
    unit,
    ...(max === undefined ? {} : { max }),
    color: { mode: thresholds === undefined ? 'palette-classic' : 'thresholds' },
    thresholds: buildThresholds(thresholds ?? {}),
    mappings: buildMappings(values ?? {}),
  }
}

/** Below the first one Grafana wants a colour without a value. */
function buildThresholds(thresholds: Thresholds) {
  const steps = Object.entries(thresholds)
    .map(([value, color]) => ({ value: Number(value), color }))
    .toSorted((a, b) => a.value - b.value)
  const [first] = steps
  return { mode: 'absolute', steps: [{ value: null, color: first?.color ?? 'text' }, ...steps] }
}

function buildMappings(values: Values) {
  return Object.keys(values).length === 0 ? [] : [{ type: 'value', options: values }]
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index)
}
