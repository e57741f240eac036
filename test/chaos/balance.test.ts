import t from 'tap'
import { balance } from './balance.ts'
import type { Books, KeptAttempt } from './books.ts'

const attempt = (number: number, changes: Partial<KeptAttempt> = {}): KeptAttempt => ({
  number,
  kind: 'first',
  state: 'SUCCEEDED',
  result: 'OK',
  cause: null,
  token: `token-${number}`,
  databricks_run_id: `${number}`,
  repair_id: null,
  rerun_id: null,
  ...changes,
})

const FAILED = { state: 'FAILED', result: 'KO', cause: 'user_code' } as const
const label = (state: string, result: string, cause: string) =>
  `job="good",state="${state}",result="${result}",cause="${cause}"`

/** One order: it failed, was pressed once, and the repair went well. */
function books() {
  const first = attempt(1, FAILED)
  const repair = attempt(2, { kind: 'repair', databricks_run_id: '1', repair_id: '7', rerun_id: '1' })
  const upstream = {
    run_id: '1',
    job_id: '11',
    job_name: 'good',
    idempotency_token: 'token-1',
    parameters: {},
    start_time: 1,
    end_time: 2,
    life_cycle_state: 'TERMINATED',
    result_state: 'SUCCESS' as string | null,
    termination_code: 'SUCCESS',
    repairs: 1,
  }
  const scrape = new Map([
    [label('FAILED', 'KO', 'user_code'), 1],
    [label('SUCCEEDED', 'OK', ''), 1],
  ])
  const order = { job: 'good' as const, key: 'K', runIds: new Set(['R']), presses: 1, problems: [] }
  const ending = { job: 'good', count: 1 }
  const made = {
    first,
    repair,
    upstream,
    scrape,
    order,
    run: { id: 'R', job: 'good', key: 'K', attempts: [first, repair] },
    triggered: { action: 'trigger' as const, run_id: 'R', attempt: 1, detail: { kind: 'first' } },
    repaired: { action: 'repair' as const, run_id: 'R', attempt: 2, detail: { kind: 'repair' } },
    failed: { ...ending, ...FAILED },
    succeeded: { ...ending, state: 'SUCCEEDED' as const, result: 'OK' as const, cause: '' as const },
  }
  const all = (): Books => ({
    orders: [made.order],
    upstream: [made.upstream],
    kept: [made.run],
    endings: [made.failed, made.succeeded],
    scrapes: [made.scrape],
    events: [made.triggered, made.repaired],
  })
  return { ...made, all }
}

t.test('books that add up', async (t) => {
  t.same(balance(books().all()), { duplicates: [], lost: [], miscounted: [] })
})

t.test('what does not add up is found, and named', async (t) => {
  const cases: [string, keyof ReturnType<typeof balance>, RegExp, (b: ReturnType<typeof books>, all: Books) => void][] =
    [
      [
        "a run of nobody's",
        'duplicates',
        /run 9/,
        ({ upstream }, { upstream: runs }) => runs.push({ ...upstream, run_id: '9', idempotency_token: null }),
      ],
      [
        'a token used twice',
        'duplicates',
        /token-1 started 2 runs/,
        ({ upstream }, { upstream: runs }) => runs.push({ ...upstream }),
      ],
      [
        'a repair too many',
        'duplicates',
        /2 repairs, 1 ordered/,
        ({ upstream }, all) => {
          all.upstream = [{ ...upstream, repairs: 2 }]
        },
      ],
      [
        'an attempt too many',
        'duplicates',
        /2 attempts, 1 ordered/,
        ({ order }) => {
          order.presses = 0
        },
      ],
      [
        'a press that began two',
        'duplicates',
        /press 1 began 2/,
        ({ first }) => {
          first.rerun_id = '1'
        },
      ],
      [
        'two runs of one key',
        'duplicates',
        /good K has 2 runs/,
        ({ run }, { kept }) => kept.push({ ...run, attempts: [] }),
      ],
      ['an order without a run', 'lost', /K was answered by/, ({ order }) => order.runIds.clear()],
      ['an order with two', 'lost', /K was answered by R,S/, ({ order }) => order.runIds.add('S')],
      [
        'a run for ever active',
        'lost',
        /is RUNNING for ever/,
        ({ repair }) => {
          repair.state = 'RUNNING'
        },
      ],
      [
        'a start that nobody knows of',
        'lost',
        /its token started 1/,
        ({ first }) => {
          first.databricks_run_id = null
        },
      ],
      [
        'another ending there',
        'miscounted',
        /is SUCCEEDED, and CANCELED/,
        ({ upstream }, all) => {
          all.upstream = [{ ...upstream, result_state: 'CANCELED' }]
        },
      ],
      [
        'a total that is too high',
        'miscounted',
        /1 attempts, the ledger counts 2/,
        ({ failed }) => {
          failed.count = 2
        },
      ],
      [
        'an attempt that no auditor hears of',
        'miscounted',
        /attempt 2 of run R is recorded 0 times, not 1/,
        (_, { events }) => events.pop(),
      ],
      [
        'a start that was none',
        'miscounted',
        /attempt 9 of run R is recorded 1 times, not 0/,
        ({ triggered }, { events }) => events.push({ ...triggered, attempt: 9 }),
      ],
      ['a gateway that shows nothing', 'miscounted', /1 attempts, gateway 1 counts 0/, ({ scrape }) => scrape.clear()],
    ]
  for (const [name, where, message, falsify] of cases) {
    const made = books()
    const all = made.all()
    falsify(made, all)
    t.match(balance(all)[where].join('\n'), message, name)
  }
})
