import fc from 'fast-check'
import t from 'tap'
import { compileJobPatterns } from '../../src/config/job-patterns.ts'

const CASES: [pattern: string, fits: string[], not: string[]][] = [
  ['nightly-load', ['nightly-load'], ['nightly-loads', 'a-nightly-load', 'Nightly-load', '']],
  ['nightly-*', ['nightly-', 'nightly-load'], ['nightly', 'x-nightly-load']],
  ['*-load', ['-load', 'nightly-load'], ['nightly-loads']],
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
  ['a*b*c', ['abc', 'a1b2c', 'abbc'], ['acb', 'ab', 'ac']],
  ['*', ['', 'anything'], []],
  ['v1.0', ['v1.0'], ['v1x0']],
  ['*.*', ['v1.0'], ['v10']],
]

for (const [pattern, fits, not] of CASES) {
  t.test(`pattern ${pattern}`, async (t) => {
    const matches = compileJobPatterns([pattern])
    for (const job of fits) t.equal(matches(job), true, `${job} fits`)
    for (const job of not) t.equal(matches(job), false, `${job} does not fit`)
  })
}

t.test('no pattern fits no job', async (t) => {
  t.equal(compileJobPatterns([])('nightly-load'), false)
})

t.test('a job fits when any pattern fits', async (t) => {
  const matches = compileJobPatterns(['daily', 'nightly-*', '*-eu'])
  t.same(['daily', 'nightly-x', 'x-eu', 'weekly'].map(matches), [true, true, true, false])
})

t.test('a pattern means what its anchored expression means', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*'), maxLength: 6 })
  fc.assert(
    fc.property(pattern, text, (pattern, job) => {
      const expression = new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`)
      return compileJobPatterns([pattern])(job) === expression.test(job)
    }),
    { numRuns: 2_000 },
  )
})
