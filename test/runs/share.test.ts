import fc from 'fast-check'
import t from 'tap'
import type { BudgetedEndpoint } from '../../src/databricks/types.ts'
import { shareOf } from '../../src/runs/watch/share.ts'

const ENDPOINTS: BudgetedEndpoint[] = [
  ...(['run_now', 'cancel', 'repair', 'runs_get', 'runs_list', 'get_output', 'jobs_get', 'jobs_list'] as const),
]

t.test('who is alone has all, who watches has most of what it works with', async (t) => {
  const cases: [endpoint: BudgetedEndpoint, replicas: number, leader: number, other: number][] = [
    ['run_now', 1, 1, 1],
    ['run_now', 2, 0.9, 0.1],
    ['run_now', 5, 0.9, 0.025],
    ['runs_list', 5, 0.9, 0.025],
    ['runs_get', 4, 0.7, 0.1],
    ['cancel', 4, 0.25, 0.25],
    ['get_output', 2, 0.5, 0.5],
  ]
  for (const [endpoint, replicas, leader, other] of cases) {
    const shares = [true, false].map((leads) => shareOf(endpoint, { replicas, leads }))
    t.same(
      shares.map((share) => Number(share.toFixed(9))),
      [leader, other],
      `${endpoint} of ${replicas}`,
    )
  }
})

t.test(
  'property: nobody has nothing, the watcher no less than another, and together they have the whole at most',
  (t) => {
    fc.assert(
      fc.property(fc.constantFrom(...ENDPOINTS), fc.integer({ min: 1, max: 1_000 }), (endpoint, replicas) => {
        const leader = shareOf(endpoint, { replicas, leads: true })
        const other = shareOf(endpoint, { replicas, leads: false })
        t.ok(other > 0 && leader >= other - 1e-12)
        t.ok(leader + other * (replicas - 1) <= 1 + 1e-9, 'one watches')
        t.ok(other * replicas <= 1 + 1e-9, 'nobody does, for a moment')
      }),
    )
    t.end()
  },
)
