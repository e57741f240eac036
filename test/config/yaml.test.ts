import t from 'tap'
import { parseYaml } from '../../src/config/yaml.ts'

const cases: [name: string, text: string, problem: string, line?: number, column?: number][] = [
  ['nothing', '', 'the file is empty; write at least jobs and clients', 1, 1],
  ['only comments', '# jobs:\n', 'the file is empty; write at least jobs and clients', 1, 1],
  ['a list', '- a\n', 'the file must hold a mapping: keys such as jobs: and clients:', 1, 1],
  ['a key that stands twice', 'a: 1\nb: 2\na: 3\n', 'this key stands twice in its mapping; keep one', 3, 1],
  ['a tab', 'a:\n\tb: 1\n', 'a tab cannot indent YAML; use spaces', 2, 1],
  ['two documents', 'a: 1\n---\nb: 2\n', 'one file holds one document; take out the --- line or split the file', 2, 1],
  ['a tag', 'a: !!timestamp 2026-01-01\n', 'this tag is not known here; take it out', 1, 4],
  ['a tag of YAML 1.1', '%YAML 1.1\n---\na: !!set { x }\n', 'this tag is not known here; take it out', 3, 4],
  ['a key that is a number', 'a: { 1: x }\n', 'a key in this mapping is not text; write it in quotes', 1, 1],
  ['a key that is a list', '? [a]\n: 1\n', 'a key in this mapping is not text; write it in quotes', 1, 1],
  [
    'an alias to nothing',
    'a: *b\n',
    'an alias needs the name of an anchor that stands before it; text that starts with * needs quotes',
    1,
    4,
  ],
  ['an alias within itself', 'a: &a { b: [*a] }\n', 'an alias here stands for the value that it is part of', 1, 13],
]

for (const [name, text, problem, line, column] of cases) {
  t.test(`${name} is refused`, async (t) => {
    const [found, ...others] = parseYaml('a.yaml', text).problems
    t.match(found, { file: 'a.yaml', message: problem })
    t.same([found?.line, found?.column], [line, column])
    t.same(others, [])
  })
}

t.test('aliases that multiply are refused before they fill the memory', async (t) => {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`)
  const { problems } = parseYaml('a.yaml', ['l0: &l0 [x]', ...levels].join('\n'))
  t.match(problems, [{ message: 'its aliases multiply without end; use fewer of them' }])
})

t.test('a text nested without end is refused', async (t) => {
  for (const text of [`a: ${'['.repeat(50_000)}`, `a: ${'['.repeat(5000)}${']'.repeat(5000)}`]) {
    t.match(parseYaml('a.yaml', text).problems, [{ line: 1 }])
  }
})

t.test('anchors are a way to say something once, a thousand times too', async (t) => {
  const text = ['a: &a { x: 1 }', ...Array.from({ length: 1000 }, (_, i) => `b${i}: *a`)].join('\n')
  const { tree, problems } = parseYaml('a.yaml', text)
  t.same(problems, [])
  t.same(tree['b999'], { x: 1 })
})

t.test('values are those of YAML 1.2, whole numbers exact', async (t) => {
  const text = 'a: no\nb: 2026-01-01\nc: 010\nd: 9007199254740993\ne: 0.5\n'
  t.same({ ...parseYaml('a.yaml', text).tree }, { a: 'no', b: '2026-01-01', c: 10, d: 9007199254740993n, e: 0.5 })
  t.same(
    { ...parseYaml('a.yaml', `%YAML 1.1\n---\n${text}`).tree },
    { a: 'no', b: '2026-01-01', c: 10, d: 9007199254740993n, e: 0.5 },
  )
})

t.test('a place is that of the deepest key on the path that is there', async (t) => {
  const { locate } = parseYaml('a.yaml', 'a: &x\n  b:\n    - c\n    - d: 1\ne: *x\n')
  t.same(locate(['a', 'b', 1, 'd']), { depth: 4, line: 4, column: 7 })
  t.same(locate(['a', 'b', 0]), { depth: 3, line: 3, column: 7 })
  t.same(locate(['a', 'zz', 'y']), { depth: 1, line: 1, column: 1 })
  t.same(locate(['e', 'b']), { depth: 2, line: 2, column: 3 }, 'through an alias: where the value is written')
  t.same(locate(['zz']), { depth: 0, line: 1, column: 1 })
})
