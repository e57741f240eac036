import { parser } from '@prometheus-io/lezer-promql'

export interface Query {
  /** Every metric with the labels that are matched. */
  selectors: { metric: string; labels: string[] }[]
  /** Labels of by, without, on, ignoring and group_left. */
  grouping: string[]
  /** Where it is not PromQL. */
  error: string | undefined
}

/** What a PromQL query asks for, by Prometheus' own grammar. */
export function readQuery(query: string): Query {
  const selectors: Query['selectors'] = []
  const grouping: string[] = []
  let error: string | undefined
  parser.parse(query).iterate({
    enter({ type, node }) {
      const textOf = ({ from, to }: { from: number; to: number }) => query.slice(from, to)
      if (type.isError) error ??= `not PromQL at: ${query.slice(node.from) || 'its end'}`
      if (type.name === 'GroupingLabels') grouping.push(...node.getChildren('LabelName').map(textOf))
      if (type.name !== 'VectorSelector') return
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
      selectors.push({
        metric: node.getChildren('Identifier').map(textOf).join(),
        labels: matchers.flatMap((matcher) => matcher.getChildren('LabelName').map(textOf)),
      })
    },
  })
  return { selectors, grouping, error }
}
