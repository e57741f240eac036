import t from 'tap'
import { DatabricksError, type ErrorFacts } from '../../src/databricks/errors.ts'
import { classifyTry, concludeSubmission, type Try } from '../../src/databricks/submission.ts'

function failed(kind: ErrorFacts['kind'], sent = true): Try {
  return { error: new DatabricksError(kind, { kind, reason: 'status', sent }) }
}

const taken = { runId: '9007199254740993' }
const notSent = failed('unavailable', false)
const lost = failed('unavailable')

t.test('one try', async (t) => {
  const cases: [string, Try, string][] = [
    ['a run id', taken, 'taken'],
    ['never sent', notSent, 'not_taken'],
    ['no token', failed('credential', false), 'not_taken'],
    ['401', failed('credential'), 'not_taken'],
    ['throttled', failed('throttled'), 'not_taken'],
    ['refused', failed('refused'), 'not_taken'],
    ['no such job', failed('missing'), 'not_taken'],
    ['no permission', failed('denied'), 'not_taken'],
    ['anything else once sent', lost, 'unknown'],
  ]
  for (const [name, outcome, kind] of cases) {
    t.equal(classifyTry(outcome), kind, name)
  }
})

t.test('several tries', async (t) => {
  const cases: [string, Try[], Try, string][] = [
    ['lost, then answered', [lost, notSent], taken, 'taken'],
    ['all proved', [notSent, failed('throttled')], failed('refused'), 'not_taken'],
    ['lost at last', [notSent], lost, 'unknown'],
    ['lost before, refused at last', [lost], failed('refused'), 'unknown'],
  ]
  for (const [name, earlier, last, kind] of cases) {
    const submission = concludeSubmission(earlier, last)
    t.equal(submission.kind, kind, name)
    t.equal(submission.tries, earlier.length + 1, name)
  }
  t.match(concludeSubmission([lost], failed('refused')), { error: { message: 'refused' } }, 'tells the last error')
})
