import { glob, readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { ConfigProblem, Path } from './problem.ts'
import { formatPath } from './problem.ts'
import { SECRET_KEYS } from './schema/auth.ts'
import { reasonOf } from './secrets.ts'
import { createMapping, isMapping, type Mapping, mappingAt, merge } from './tree.ts'
import { parseYaml, type YamlFile } from './yaml.ts'

const INCLUDED_SECTIONS = ['jobs', 'clients'] as const

/** All files as one tree, with every file that was to go into it (in the order of reading) and what was wrong on the way. */
export interface Loaded {
  tree: Mapping
  files: YamlFile[]
  /** What `include` names, absolute. */
  patterns: string[]
  problems: ConfigProblem[]
}

/** Reads the files and what they include; of two files the later wins key by key. Never throws on what they hold. */
export async function loadFiles(paths: readonly string[]): Promise<Loaded> {
  const loaded: Loaded = { tree: createMapping(), files: [], patterns: [], problems: [] }
  for (const path of paths) {
    const main = await loadFile(path, loaded)
    const { include, ...own } = main.tree
    const parts: YamlFile[] = []
    for (const included of await findIncluded(main, include, loaded)) {
      parts.push(keepIncludedSections(await loadFile(included, loaded), loaded))
    }
    reportDoubles([main, ...parts], loaded)
    for (const tree of [...parts.map((part) => part.tree), own]) loaded.tree = merge(loaded.tree, tree)
  }
  return loaded
}

async function loadFile(path: string, loaded: Loaded): Promise<YamlFile> {
  const file = await readYaml(path)
  // A section whose entries are all commented out is a section left out.
  for (const [key, value] of Object.entries(file.tree)) if (value === null) delete file.tree[key]
  anchorPaths(file.tree, dirname(path))
  loaded.files.push(file)
  loaded.problems.push(...file.problems)
  return file
}

async function readYaml(path: string): Promise<YamlFile> {
  try {
    return parseYaml(path, await readFile(path, 'utf8'))
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const cure = '; --config or GATEWAY_CONFIG names another'
    return {
      file: path,
      tree: createMapping(),
      problems: [{ file: path, path: '', message: `cannot be read (${reasonOf(error)})${cure}` }],
      locate: () => ({ depth: 0, line: 1, column: 1 }),
    }
  }
}

/** Makes the paths that a file names absolute, as seen from that file. */
function anchorPaths(tree: Mapping, folder: string) {
  const workspaces = Object.values(mappingAt(tree, 'workspaces')).filter(isMapping)
  const issuers = Object.values(mappingAt(tree, 'issuers')).filter(isMapping)
  for (const workspace of workspaces) {
    const auth = mappingAt(workspace, 'auth')
    for (const key of new Set(Object.values(SECRET_KEYS))) anchor(mappingAt(auth, key), folder)
  }
  for (const called of [...workspaces, ...issuers]) {
    anchor(mappingAt(mappingAt(called, 'proxy'), 'password'), folder)
    anchor(mappingAt(called, 'ca'), folder)
  }
  const server = mappingAt(tree, 'server')
  const tls = mappingAt(server, 'tls')
  for (const key of ['certificate', 'key']) anchor(mappingAt(tls, key), folder)
  for (const holder of [server['signing_keys']].flat().filter(isMapping)) anchor(holder, folder)
  const ledger = mappingAt(tree, 'ledger')
  for (const holder of [mappingAt(ledger, 'password'), mappingAt(mappingAt(ledger, 'tls'), 'ca')])
    anchor(holder, folder)
  const url = ledger['url']
  if (typeof url === 'string')
    ledger['url'] = url.replace(/^sqlite:(?!:)(?!\/\/[^/])(.+)$/, (_, file) => `sqlite:${resolve(folder, file)}`)
}

function anchor(holder: Mapping, folder: string) {
  if (typeof holder['file'] === 'string' && holder['file'] !== '') holder['file'] = resolve(folder, holder['file'])
}

/** The files that `include` names, each once, sorted; a plain path must exist, a pattern may match nothing. */
async function findIncluded(file: YamlFile, include: unknown, loaded: Loaded): Promise<string[]> {
  if (include === undefined) return []
  if (!Array.isArray(include) || !include.every((entry) => typeof entry === 'string' && entry !== '')) {
    report(loaded, file, ['include'], 'must be a list of paths or patterns, such as [jobs.d/*.yaml]')
    return []
  }
  const folder = dirname(file.file)
  const found = new Set<string>()
  for (const [i, pattern] of include.entries()) {
    loaded.patterns.push(resolve(folder, pattern))
    const matches = await Array.fromAsync(glob(pattern, { cwd: folder }))
    if (matches.length === 0 && !/[*?[{]/.test(pattern)) {
      report(loaded, file, ['include', i], `there is no file ${pattern}`)
    }
    for (const match of matches) found.add(isAbsolute(match) ? match : join(folder, match))
  }
  return [...found].filter((path) => resolve(path) !== resolve(file.file)).sort()
}

function keepIncludedSections(part: YamlFile, loaded: Loaded): YamlFile {
  const tree = createMapping()
  for (const [key, value] of Object.entries(part.tree)) {
    if (!INCLUDED_SECTIONS.some((section) => section === key)) {
      report(loaded, part, [key], 'does not belong here: an included file holds only jobs and clients')
    } else if (!isMapping(value)) {
      report(loaded, part, [key], 'must be a mapping of names')
    } else tree[key] = value
  }
  return { ...part, tree }
}

/** Within one file and its includes nothing wins over anything, so a name that stands twice is a mistake. */
function reportDoubles(parts: readonly YamlFile[], loaded: Loaded) {
  const owners = new Map<string, string>()
  for (const part of parts) {
    for (const section of INCLUDED_SECTIONS) {
      for (const name of Object.keys(mappingAt(part.tree, section))) {
        const path = formatPath([section, name])
        const owner = owners.get(path)
        if (owner) report(loaded, part, [section, name], `is in ${owner} already; keep one of the two`)
        else owners.set(path, part.file)
      }
    }
  }
}

function report(loaded: Loaded, { file, locate }: YamlFile, path: Path, message: string) {
  const { line, column } = locate(path)
  loaded.problems.push({ file, path: formatPath(path), line, column, message })
}
