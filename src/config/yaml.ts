import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { type ConfigProblem, formatPath, type Path } from './problem.ts'
import { createMapping, type Mapping, type Tree } from './tree.ts'
import { syntaxMessages } from './yaml-syntax.ts'

/** One file, parsed; `tree` is empty when the text is no mapping, and `problems` say why. */
export interface YamlFile {
  file: string
  tree: Mapping
  problems: ConfigProblem[]
  /** Where the path stands, and how many of its steps exist here. */
  locate(path: Path): { depth: number; line: number; column: number }
}

type Report = (message: string, path: Path, offset: number) => void

// Enough for a catalogue in which every job uses one anchor; too few for one that doubles itself at each level.
const MAX_ALIASES = 10_000

/** Parses YAML 1.2 and nothing more: no tags, no merge keys, only text as keys, whole numbers never rounded. */
export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter()
  const problems: ConfigProblem[] = []
  const report: Report = (message, path, offset) => {
    const { line, col } = lines.linePos(offset)
    // One a line: what follows on the same line is mostly a consequence.
    if (problems.some((problem) => problem.line === line)) return
    problems.push({ file, path: formatPath(path), line, column: col, message })
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    resolveKnownTags: false,
    intAsBigInt: true,
  })
  for (const error of [...document.errors, ...document.warnings]) report(syntaxMessages[error.code], [], error.pos[0])
  reportLostAliases(document, report)
  return {
    file,
    tree: problems.length === 0 ? readTree(document, report) : createMapping(),
    problems,
    locate: (path) => {
      const { depth, offset } = findPlace(document, path)
      const { line, col } = lines.linePos(offset)
      return { depth, line, column: col }
    },
  }
}

function reportLostAliases(document: Document, report: Report): void {
  const anchors = new Set<string>()
  visit(document, {
    Alias: (_key, { source, range }) => {
      if (!anchors.has(source)) report(syntaxMessages.BAD_ALIAS, [], range?.[0] ?? 0)
    },
    Value: (_key, { anchor }) => {
      if (anchor !== undefined) anchors.add(anchor)
    },
  })
}

function readTree(document: Document, report: Report): Mapping {
  let value: unknown
  try {
    value = document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    report('its aliases multiply without end; use fewer of them', [], 0)
    return createMapping()
  }
  if (value instanceof Map) {
    return toMapping(value, [], [], (message, path) => report(message, path, findPlace(document, path).offset))
  }
  report(
    value === null
      ? 'the file is empty; write at least jobs and clients'
      : 'the file must hold a mapping: keys such as jobs: and clients:',
    [],
    0,
  )
  return createMapping()
}

function toMapping(
  map: Map<unknown, unknown>,
  path: Path,
  above: readonly unknown[],
  report: (message: string, path: Path) => void,
): Mapping {
  const mapping = createMapping()
  for (const [key, value] of map) {
    if (typeof key === 'string') mapping[key] = toTree(value, [...path, key], [...above, map], report)
    else report('a key in this mapping is not text; write it in quotes', path)
  }
  return mapping
}

function toTree(
  value: unknown,
  path: Path,
  above: readonly unknown[],
  report: (message: string, path: Path) => void,
): Tree {
  if (above.includes(value)) {
    report('an alias here stands for the value that it is part of', path)
    return null
  }
  if (value instanceof Map) return toMapping(value, path, above, report)
  if (Array.isArray(value)) return value.map((item, i) => toTree(item, [...path, i], [...above, value], report))
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** The deepest node on the path that exists: of an entry the place of its key, of an item the place of its value. */
function findPlace(document: Document, path: Path): { depth: number; offset: number } {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? 0
  let depth = 0
  for (const step of path) {
    const collection = isAlias(node) ? node.resolve(document) : node
    let place: unknown
    if (isMap(collection)) {
      const pair = collection.items.find(({ key }) => isScalar(key) && key.value === step)
      place = pair?.key
      node = pair?.value
    } else if (isSeq(collection)) {
      node = collection.items[Number(step)]
      place = node
    }
    if (!isNode(place)) break
    offset = place.range?.[0] ?? offset
    depth += 1
  }
  return { depth, offset }
}
