import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Value } from '@sinclair/typebox/value'
import type { Test } from 'tap'
import { type Finding, type Report, ReportSchema } from '../../../src/check/finding.ts'
import { check } from '../../../src/commands/check.ts'
import { CommandError } from '../../../src/commands/command.ts'

export interface Checked {
  code: number
  stdout: string
  /** What the program would print on standard error. */
  stderr: string
}

/** All that the tests use as secrets; nothing of it may be printed, whatever happens. */
export const SECRETS = {
  TEST_CLIENT_SECRET: 'simulated-secret',
  TEST_TOKEN: 'dapi-simulated-token',
  WRONG_SECRET: 'no-longer-the-secret',
}
export const PROXY_PASSWORD = 'pass-of-the-proxy'

/** As the simulated workspace knows it, and with an end that is far off. */
export const M2M = {
  type: 'oauth-m2m',
  client_id: 'simulated-client',
  client_secret: { env: 'TEST_CLIENT_SECRET' },
  expires_on: '2126-01-01',
}

/** Runs the command to its end; fails when it prints a secret. */
export async function runCheck(
  t: Test,
  file: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
  { signal } = new AbortController(),
): Promise<Checked> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const printed = text(stdout)
  const surroundings = { env: { ...SECRETS, ...env }, stdin, stdout, stderr, signal, onHangUp() {} }
  const failure = await check(['--config', file, ...args], surroundings).catch((error: unknown) => {
    if (error instanceof CommandError) return error
    throw error
  })
  stdout.end()
  const checked = { code: failure?.exitCode ?? 0, stdout: await printed, stderr: failure?.message ?? '' }
  for (const secret of [...Object.values(SECRETS), PROXY_PASSWORD]) {
    t.notOk(`${checked.stdout}${checked.stderr}`.includes(secret), 'no secret is printed')
  }
  return checked
}

/** What it found, as `--json` tells it. */
export async function readReport(
  t: Test,
  file: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Report> {
  const { code, stdout } = await runCheck(t, file, ['--json', ...args], env)
  const report: unknown = JSON.parse(stdout)
  t.strictSame([...Value.Errors(ReportSchema, report)], [], 'the report has its shape')
  const valid = Value.Decode(ReportSchema, report)
  t.equal(valid.ok, code === 0, 'the exit code says the same')
  return valid
}

/** The lines of the table about what is wrong. */
export function troublesIn(stdout: string): string[] {
  return stdout.split('\n').filter((line) => /^[✘!]/.test(line))
}

export function codesOf({ findings }: { findings: Finding[] }): (string | null)[] {
  return findings.map(({ code }) => code).filter((code) => code !== null)
}
