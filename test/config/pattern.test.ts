import t from 'tap'
import { compilePattern, findPatternProblem } from '../../src/config/pattern.ts'

t.test('the whole value must match, by characters', async (t) => {
  t.ok(compilePattern('a|b').test('b'))
  t.notOk(compilePattern('a|b').test('ab'))
  t.notOk(compilePattern('a').test('a\n'))
  t.ok(compilePattern('.').test('😀'))
})

const harmless = [
  '[A-Z]{3}_\\d+',
  '\\d{4}-\\d{2}-\\d{2}',
  '(NORTE|SUR)',
  '(NORTE|SUR)+',
  '(?:[A-Z]{2}\\d{4})+',
  '(ab)*c',
  'a*b*c*',
  '(a+)?b',
  '(?<year>\\d{4})(?=x)',
  '[(+]+\\)*',
  '\\p{L}+(,x)*',
]
const explosive = [
  '(a+)+',
  '(a*)*b',
  '(?:a+)+',
  '(a?){20}',
  '((a+)b?)*',
  '(a|a)*',
  '(a|ab)+',
  '(.|x)*',
  '(a||b)*',
  '([a-z]+,?)+',
  '(a{1,3})*',
  '((a|\\w)b)+',
  '(a{2,})+',
]

t.test('patterns that may take for ever are refused, others not', async (t) => {
  for (const pattern of harmless) t.equal(findPatternProblem(pattern), undefined, pattern)
  for (const pattern of explosive) t.match(findPatternProblem(pattern), /for ever/, pattern)
})

t.test('what is no regular expression is refused, also when only the anchors would make it one', async (t) => {
  for (const pattern of ['(', 'a)(b', '[z-a]', '\\', '(?<a>x)(?<a>y)', '\\q']) {
    t.match(findPatternProblem(pattern), /^is no regular expression: \S/, pattern)
  }
})
