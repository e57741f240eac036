import type { Finding } from './finding.ts'

const SIGNS = { ok: '✔', skipped: '·', warning: '!', failed: '✘' } as const

/** For people: what is well about one thing on one line, and each trouble on a line of its own with what to do. */
export function formatTable(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => labelOf(finding).length))
  return [...Map.groupBy(findings, labelOf)]
    .flatMap(([label, group]) => describe(group).map(([sign, text]) => `${sign} ${label.padEnd(width)}  ${text}\n`))
    .join('')
}

/** `2 failed, 1 warning.` */
export function summarize(findings: readonly Finding[]): string {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length
  const [failures, warnings] = [count('failed'), count('warning')]
  if (failures + warnings === 0) return 'All is well.'
  const warned = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
  return `${failures === 0 ? 'Nothing' : failures} failed${warned}.`
}

function labelOf({ subject, name }: Finding): string {
  return name === null ? subject : `${subject} ${name}`
}

function describe(group: readonly Finding[]): [sign: string, text: string][] {
  const join = (status: 'ok' | 'skipped'): [string, string][] => {
    const messages = group.filter((finding) => finding.status === status).map(({ message }) => message)
    return messages.length === 0 ? [] : [[SIGNS[status], oneLine(messages.join(' · '))]]
  }
  const troubles = group
    .filter(({ code }) => code !== null)
    .map(({ status, check, message, cure }): [string, string] => [
      SIGNS[status],
      oneLine(`${check}: ${message} → ${cure}`),
    ])
  return [...join('ok'), ...troubles, ...join('skipped')]
}

/** Some of it is said by others. */
function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ')
}
