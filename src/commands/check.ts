import { parseArgs } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }
import { examine } from '../check/examine.ts'
import type { Finding, Report } from '../check/finding.ts'
import { formatTable, summarize } from '../check/table.ts'
import { systemClock } from '../clock.ts'
import { ConfigError } from '../config/problem.ts'
import { findConfigFiles, readConfig } from '../config/read.ts'
import { createSecrets } from '../log/secrets.ts'
import { type Command, CommandError } from './command.ts'

/**
 * `job-gateway check [--config FILE]… [--json] [--offline]`: the doctor. Looks at the configuration, the way to each
 * workspace, every job and the ledger, and says what to do. Changes nothing. Exit code 1 when anything failed, 2 on a
 * configuration that cannot be used.
 */
export const check: Command = async (args, { env, stdout, signal }) => {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      offline: { type: 'boolean', default: false },
    },
  })
  const { json, offline } = values
  const secrets = createSecrets()
  const clock = systemClock

  function print(findings: Finding[]): void {
    const ok = findings.every(({ status }) => status !== 'failed')
    const checked_at = new Date(clock.now()).toISOString()
    const report: Report = { ok, version: manifest.version, checked_at, offline, findings }
    stdout.write(secrets.redact(json ? `${JSON.stringify(report, null, 2)}\n` : formatTable(findings)))
  }

  const files = findConfigFiles(values.config, env)
  const read = await readConfig({ files, env }).catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    if (json) print(error.message.split('\n').map(describeProblem))
    throw new CommandError(error.message, 2)
  })
  const onSecret = (secret: string) => void secrets.add(secret)
  const findings = await examine({ ...read, env, clock, version: manifest.version, offline, signal, onSecret })
  if (signal.aborted) throw new CommandError('Given up before it was through.')
  print(findings)
  const verdict = summarize(findings)
  if (findings.some(({ status }) => status === 'failed')) throw new CommandError(verdict)
  if (!json) stdout.write(`${verdict}\n`)
}

function describeProblem(message: string): Finding {
  return {
    subject: 'configuration',
    name: null,
    check: 'files',
    status: 'failed',
    code: 'configuration-invalid',
    message,
    cure: 'correct it there',
  }
}
