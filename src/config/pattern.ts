/**
 * Longest value that is held against a pattern, in characters, unless `max_length` says otherwise: what is not refused
 * for exponential time may still take polynomial time.
 */
export const PATTERN_LENGTH = 255

/** Most characters of a value; undefined: as many as there is room for. */
export function readMaxLength({ pattern, max_length }: { pattern?: string | undefined; max_length?: number }) {
  return max_length ?? (pattern === undefined ? undefined : PATTERN_LENGTH)
}

/** The pattern of a parameter as the expression that the whole value must match. Throws on bad syntax. */
export function compilePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u')
}

/** Why a pattern is refused, or undefined. */
export function findPatternProblem(pattern: string): string | undefined {
  try {
    // On its own first: `a)(b` is only well formed once wrapped.
    new RegExp(pattern, 'u')
  } catch (error) {
    return `is no regular expression: ${error instanceof Error ? error.message.replace(/^.*\/u: /s, '') : ''}`
  }
  if (!canExplode(pattern)) return undefined
  return 'repeats a group that itself repeats or has alternatives, which some values would take for ever to match; repeat a character class instead, such as [A-Z_]+'
}

interface Group {
  /** Holds a repetition whose length varies, or alternatives that may start alike. */
  risky: boolean
  /** What each alternative starts with so far: a literal character, or undefined for anything else. */
  starts: (string | undefined)[]
  /** The next token is the first of an alternative. */
  atStart: boolean
}

// An escape, a character class, the start or end of a group, a bar, a quantifier, or one literal character.
const TOKEN =
  /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|k<[^>]*>|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?|\)|\||[*+?]\??|\{[\d,]+\}\??|./gsu

/**
 * Whether matching may take exponential time: a repeated group that holds a varying repetition, or alternatives that
 * can start alike. Careful rather than exact: some harmless patterns are refused, and each has a harmless spelling.
 */
function canExplode(pattern: string): boolean {
  const open: Group[] = [createGroup()]
  let ended: Group | undefined
  for (const [token] of pattern.matchAll(TOKEN)) {
    const group = open.at(-1)
    const quantifier = readQuantifier(token)
    if (quantifier?.repeats && ended?.risky) return true
    if (group && quantifier?.varies) group.risky = true
    if (group && !quantifier) noteStart(group, token)
    ended = token === ')' ? endGroup(open) : undefined
    if (token.startsWith('(')) open.push(createGroup())
  }
  return false
}

function createGroup(): Group {
  return { risky: false, starts: [], atStart: true }
}

function noteStart(group: Group, token: string) {
  const ends = token === '|' || token === ')'
  if (group.atStart) group.starts.push(ends || /^([.^$([]|\\)/.test(token) ? undefined : token)
  group.atStart = token === '|'
}

function endGroup(open: Group[]): Group | undefined {
  const group = open.pop()
  if (!group) return undefined
  const distinct = new Set(group.starts).size === group.starts.length && !group.starts.includes(undefined)
  if (group.starts.length > 1 && !distinct) group.risky = true
  const outer = open.at(-1)
  if (outer && group.risky) outer.risky = true
  return group
}

function readQuantifier(token: string): { repeats: boolean; varies: boolean } | undefined {
  const counts = /^\{(\d+)(,?)(\d*)\}/.exec(token)
  if (counts) {
    const [, least = '', comma, most = ''] = counts
    const greatest = comma && most === '' ? Number.POSITIVE_INFINITY : Number(most || least)
    return { repeats: greatest > 1, varies: greatest !== Number(least) }
  }
  return /^[*+?]/.test(token) ? { repeats: !token.startsWith('?'), varies: true } : undefined
}
