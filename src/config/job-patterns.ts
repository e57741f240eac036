/** Whether a client's pattern names this job; `*` stands for any characters. */
export function matchesJobPattern(pattern: string, job: string): boolean {
  const literal = pattern.split('*').map((text) => RegExp.escape(text))
  return new RegExp(`^${literal.join('.*')}$`).test(job)
}
