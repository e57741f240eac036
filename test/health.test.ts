import t from 'tap'
import { findDegradation } from '../src/health.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 22, 3)
const at = (minutes: number) => NOW - minutes * MINUTE

interface Troubles {
  ill?: number
  refused?: number
}

function find(workspaces: Record<string, Troubles>, ledgerFailingSince?: number) {
  const client = ({ ill, refused }: Troubles = {}) => ({
    illness: () => (ill === undefined ? undefined : { since: ill, reason: 'HTTP 503' }),
    credentialRefusedSince: () => refused,
  })
  return findDegradation({
    workspaces: { names: () => Object.keys(workspaces), clientOf: (name) => client(workspaces[name]) },
    ledgerFailingSince,
    now: NOW,
  })
}

t.test('what counts as degraded, and since when', async (t) => {
  t.equal(find({ main: {}, other: {} }), undefined)
  t.equal(find({ main: { refused: at(14) } }), undefined, 'within the grace')
  t.same(find({ main: {}, other: { ill: at(2) } }), {
    reasons: ['workspace other: Databricks has not answered since 2026-11-22T02:58:00.000Z'],
    since: at(2),
  })
  t.same(find({ main: { refused: at(15) } }), {
    reasons: ["workspace main: Databricks has refused the gateway's credential since 2026-11-22T02:45:00.000Z"],
    since: at(15),
  })
  t.same(find({ main: { ill: at(1), refused: at(60) }, other: { ill: at(3) } }, at(5)), {
    reasons: [
      'workspace main: Databricks has not answered since 2026-11-22T02:59:00.000Z',
      "workspace main: Databricks has refused the gateway's credential since 2026-11-22T02:00:00.000Z",
      'workspace other: Databricks has not answered since 2026-11-22T02:57:00.000Z',
      'the ledger has not answered since 2026-11-22T02:55:00.000Z',
    ],
    since: at(60),
  })
})
