import { type Static, Type } from '@sinclair/typebox'
import { closed, oneOf } from '../config/schema/names.ts'

/** The troubles that the doctor knows, for programs to branch on; a new one is a new code, and none changes its meaning. */
const Code = oneOf(
  [
    'configuration-invalid',
    'proxy-address',
    'proxy-unreachable',
    'proxy-credentials',
    'proxy-refuses',
    'host-unknown',
    'host-unreachable',
    'certificate-untrusted',
    'not-a-workspace',
    'databricks-failing',
    'throttled',
    'secret-refused',
    'credential-refused',
    'address-refused',
    'access-denied',
    'secret-ended',
    'secret-ending',
    'clock-skewed',
    'job-missing',
    'job-ambiguous',
    'job-denied',
    'parameter-unknown',
    'parameters-as-wrong',
    'job-continuous',
    'job-triggers-itself',
    'job-never-runs',
    'runs-skipped',
    'cluster-failing',
    'runs-failing',
    'queue-stuck',
    'issuer-unreachable',
    'issuer-keys-unusable',
    'ledger-unusable',
    'ledger-behind',
    'ledger-too-new',
    'ledger-deaf',
    'ledger-of-another-instance',
  ],
  {},
)

export const FindingSchema = closed(
  {
    subject: oneOf(['configuration', 'ledger', 'issuer', 'workspace', 'job'], {}),
    /** Of the issuer, workspace or job; null for what there is one of. */
    name: Type.Union([Type.String(), Type.Null()]),
    /** What was looked at. */
    check: Type.String(),
    status: oneOf(['ok', 'warning', 'failed', 'skipped'], {}),
    /** null unless something is wrong. */
    code: Type.Union([Code, Type.Null()]),
    /** One line. */
    message: Type.String(),
    /** What to do, in one line; null unless something is wrong. */
    cure: Type.Union([Type.String(), Type.Null()]),
  },
  {},
)

export type Code = Static<typeof Code>
export type Finding = Static<typeof FindingSchema>

/** What one check found, whomever it was about. */
export type Result = Omit<Finding, 'subject' | 'name'>

export const ReportSchema = closed(
  {
    /** false: the exit code is not 0. Warnings do not count. */
    ok: Type.Boolean(),
    version: Type.String(),
    checked_at: Type.String(),
    offline: Type.Boolean(),
    findings: Type.Array(FindingSchema),
  },
  {},
)

export type Report = Static<typeof ReportSchema>

interface Trouble {
  code: Code
  message: string
  cure: string
}

export function well(check: string, message: string): Result {
  return { check, status: 'ok', code: null, message, cure: null }
}

/** Nothing was looked at, or nothing could be told. */
export function skipped(check: string, message: string): Result {
  return { check, status: 'skipped', code: null, message, cure: null }
}

export function failed(check: string, trouble: Trouble): Result {
  return { check, status: 'failed', ...trouble }
}

export function warning(check: string, trouble: Trouble): Result {
  return { check, status: 'warning', ...trouble }
}

export function about(subject: Finding['subject'], name: string | null, results: readonly Result[]): Finding[] {
  return results.map((result) => ({ subject, name, ...result }))
}
