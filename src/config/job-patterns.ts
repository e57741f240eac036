/**
 * Whether a job's name fits one of the patterns; `*` stands for any characters, everything else for itself. Patterns
 * are taken apart once and never become regular expressions, so none of them can be slow or mean more than it says.
 */
export function compileJobPatterns(patterns: readonly string[]): (job: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(compileGlob)
  return (job) => names.has(job) || globs.some((fits) => fits(job))
}

function compileGlob(pattern: string): (text: string) => boolean {
  const [start = '', ...middle] = pattern.split('*')
  const end = middle.pop() ?? ''
  return (text) => {
    if (!text.startsWith(start) || !text.endsWith(end)) return false
    // The leftmost place of each part leaves the most room for the parts after it.
    let position = start.length
    for (const part of middle) {
      const found = text.indexOf(part, position)
      if (found < 0) return false
      position = found + part.length
    }
    return position + end.length <= text.length
  }
}
