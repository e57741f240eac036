import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parse } from 'yaml'

const closed = <T extends Parameters<typeof Type.Object>[0]>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })

/** From this value on, this colour. */
const Thresholds = Type.Record(Type.String(), Type.String())
/** What a value is shown as. */
const Values = Type.Record(Type.String(), closed({ text: Type.String(), color: Type.String() }))

const Panel = closed({
  title: Type.String(),
  kind: Type.Union([
    Type.Literal('stat'),
    Type.Literal('lines'),
    Type.Literal('area'),
    Type.Literal('bars'),
    Type.Literal('states'),
    Type.Literal('table'),
  ]),
  description: Type.Optional(Type.String()),
  /** Of the 24 columns of a board. */
  width: Type.Integer({ minimum: 1, maximum: 24, default: 4 }),
  /** In the words of Grafana. */
  unit: Type.String({ default: 'short' }),
  /** PromQL by legend; by the heading of its column in a table. */
  queries: Type.Record(Type.String(), Type.String()),
  max: Type.Optional(Type.Number()),
  thresholds: Type.Optional(Thresholds),
  values: Type.Optional(Values),
  /** Of a stat, when there is nothing to show. */
  none: Type.String({ default: '0' }),
  /** Of a stat: its value, or the name of its series. */
  show: Type.Union([Type.Literal('value'), Type.Literal('name')], { default: 'value' }),
  /** The label that the rows of a table have in common. */
  by: Type.Optional(Type.String()),
  columns: Type.Record(
    Type.String(),
    closed({
      hidden: Type.Optional(Type.Boolean()),
      unit: Type.Optional(Type.String()),
      thresholds: Type.Optional(Thresholds),
      values: Type.Optional(Values),
    }),
    { default: {} },
  ),
})

const Board = closed({
  uid: Type.String(),
  title: Type.String(),
  description: Type.String(),
  /** What a reader may choose, by name: where Grafana finds the values. */
  variables: Type.Record(Type.String(), Type.String(), { default: {} }),
  rows: Type.Array(closed({ title: Type.String(), height: Type.Integer({ minimum: 1 }), panels: Type.Array(Panel) })),
})

export type Thresholds = Static<typeof Thresholds>
export type Values = Static<typeof Values>
export type Panel = Static<typeof Panel>
export type Board = Static<typeof Board>

/** @throws what is wrong with it, and where */
export function readBoard(yaml: string): Board {
  const board = Value.Default(Board, parse(yaml))
  const problems = [...Value.Errors(Board, board)].map(({ path, message }) => `${path}: ${message}`)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return board as Board
}
