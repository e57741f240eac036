import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { inspectLedger, type LedgerView } from '../ledger/inspect.ts'
import type { LedgerOptions } from '../ledger/open.ts'
import { LedgerOpenError } from '../ledger/open-error.ts'
import { LedgerError } from '../runs/store.ts'
import { failed, type Result, skipped, well } from './finding.ts'

export interface LedgerQuestion {
  config: Pick<Config, 'ledger' | 'server'>
  readOptions: () => LedgerOptions
  offline: boolean
  clock: Clock
}

const CHECK = 'open'

/** Looks at the ledger, whoever may be working on it. */
export async function checkLedger({ config, readOptions, offline, clock }: LedgerQuestion): Promise<Result[]> {
  const { url } = config.ledger
  const isFile = url.startsWith('sqlite:')
  if (offline && !isFile) return [skipped(CHECK, 'PostgreSQL is not asked (--offline)')]
  try {
    return describeLedger(await inspectLedger(readOptions(), clock), config)
  } catch (error) {
    if (!(error instanceof LedgerOpenError || error instanceof LedgerError)) throw error
    const cure = isFile
      ? 'correct ledger.url, or the rights on that file and its folder'
      : 'correct ledger.url, ledger.password or ledger.tls, or have the database let this machine in'
    return [failed(CHECK, { code: 'ledger-unusable', message: firstSentence(error.message), cure })]
  }
}

/** Pure. */
export function describeLedger(view: LedgerView, { ledger, server }: LedgerQuestion['config']): Result[] {
  switch (view.kind) {
    case 'missing':
      return [well(CHECK, `${ledger.url} is made at the first start`)]
    case 'in_use':
      return [well(CHECK, `${ledger.url} is in use by ${view.owner}, which has it alone`)]
    case 'left':
      return [well(CHECK, `${ledger.url} was left by a process that died; the next start takes it over`)]
    case 'readable':
      return [
        well(CHECK, `${view.server} opens`),
        describeSchema(view.schema, ledger.migrations),
        ...describeInstance(view.instance, server.instance),
        well('leases', describeLeases(view.leases)),
        ...describeListening(view.listening),
      ]
  }
}

type Readable = Extract<LedgerView, { kind: 'readable' }>

function describeSchema({ found, needed, fit }: Readable['schema'], mode: 'at_start' | 'manual'): Result {
  const check = 'schema'
  if (fit === 'fits') return well(check, `schema ${found}`)
  if (fit === 'too_new') {
    return failed(check, {
      code: 'ledger-too-new',
      message: `it has schema ${found}; this version knows ${needed}, and works on at most one after that`,
      cure: 'run the newer version',
    })
  }
  const state = found === undefined ? 'it is empty' : `it has schema ${found}`
  if (mode === 'at_start') return well(check, `${state}; the next start brings it to ${needed}`)
  return failed(check, {
    code: 'ledger-behind',
    message: `${state}, this version needs ${needed}, and ledger.migrations is manual`,
    cure: 'run: job-gateway ledger migrate',
  })
}

function describeInstance(owner: string | undefined, instance: string): Result[] {
  const check = 'instance'
  if (owner === undefined) return []
  if (owner === instance) return [well(check, `of instance ${instance}`)]
  return [
    failed(check, {
      code: 'ledger-of-another-instance',
      message: `it belongs to instance "${owner}", the configuration says "${instance}"`,
      cure: `restore server.instance: ${owner}, or take another ledger; a changed instance could start runs twice`,
    }),
  ]
}

/** A workspace is watched by the holder of its lease; a replica has one of its own. */
function describeLeases(leases: Readable['leases']): string {
  const watched = leases
    .filter(({ name }) => name.startsWith('watch:'))
    .map(({ name, holder }) => `${name.slice('watch:'.length)} watched by ${holder}`)
  return watched.length === 0 ? 'no gateway works on it now' : watched.join(', ')
}

function describeListening(listening: Readable['listening']): Result[] {
  const check = 'listen'
  if (listening === 'not_needed') return []
  if (listening === 'works') return [well(check, 'replicas hear each other')]
  return [
    failed(check, {
      code: 'ledger-deaf',
      message: firstSentence(listening.problem),
      cure: 'set ledger.direct to the address of PostgreSQL itself, same database, without the pooler',
    }),
  ]
}

/** The second one is a cure. */
function firstSentence(text: string): string {
  return (text.split('. ', 1)[0] ?? '').replace(/\.$/, '')
}
