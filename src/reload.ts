import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { type AuditReloadDeps, createAuditReload } from './audit-reload.ts'
import type { Clock } from './clock.ts'
import { type ConfigSource, examineConfig } from './config/read.ts'
import { describeRenames } from './config/renames.ts'
import type { Config } from './config/schema.ts'
import { type Sources, stampSources } from './config/sources.ts'
import type { ReloadFacts } from './metrics/reloads.ts'

export interface ReloadDeps extends Pick<AuditReloadDeps, 'record'> {
  source: ConfigSource
  current: () => Config
  /** Puts the configuration into force as a whole; throws before anything has changed. */
  use: (next: Config) => void
  facts: Pick<ReloadFacts, 'configTaken' | 'configRefused'>
  clock: Clock
  log: Logger
}

/** Reads the configuration anew whenever its files change, and takes it when nothing is wrong with it. */
export interface Reloads {
  /** Reads it at once, whether or not anything seems to have changed. Never rejects. */
  now(): Promise<void>
  stop(): Promise<void>
}

/** Looking is cheap, works on every file system, and needs no luck with the events of any of them. */
const LOOK_MS = 1_000

export function keepReloading({ source, current, use, facts, record, clock, log }: ReloadDeps): Reloads {
  const audit = createAuditReload({ record, clock, log })
  const stopping = new AbortController()
  let sources: Sources = { files: [...source.files], patterns: [] }
  /** How the sources were when they were last read; undefined: not known, so they are read once more. */
  let seen: string | undefined
  let refusal: string | undefined
  let last: Promise<void> = Promise.resolve()

  async function read(asked: boolean): Promise<void> {
    const before = current()
    const stamp = await stampSources(sources)
    const { sources: found, read } = await examineConfig({ ...source, inForce: before })
    const isFirst = seen === undefined
    seen = isDeepStrictEqual(sources, found) ? stamp : undefined
    sources = found
    if ('error' in read) return refuse(read.error.message, asked)
    const next = read.config
    const isSame = isDeepStrictEqual(next, before)
    if (isSame && isFirst && !asked && refusal === undefined) return
    try {
      use(next)
    } catch (error) {
      return refuse(error instanceof Error ? error.message : String(error), asked)
    }
    refusal = undefined
    facts.configTaken()
    for (const warning of describeRenames(before, next)) log.warn({ event: 'config.renamed', warning })
    const changed = listChanged(before, next)
    log.info({ event: 'config.reloaded', changed })
    const recorded = audit.applied(asked ? 'signal' : 'change', before, next, changed)
    log.flush()
    await recorded
  }

  function refuse(message: string, asked: boolean): void {
    facts.configRefused()
    if (message === refusal && !asked) return
    refusal = message
    audit.refused(asked ? 'signal' : 'change')
    log.error(
      { event: 'config.rejected', problems: message.split('\n') },
      'the configuration was changed and cannot be used: the former one stays in force',
    )
    log.flush()
  }

  /** One after the other. */
  function turn(asked: boolean): Promise<void> {
    last = last.then(() => read(asked)).catch((err: unknown) => log.error({ err }))
    return last
  }

  async function look(): Promise<void> {
    let former: string | undefined
    while (!stopping.signal.aborted) {
      await clock.sleep(LOOK_MS, stopping.signal)
      const stamp = await stampSources(sources).catch(() => undefined)
      // A file may be half written: what is read has stood still from one look to the next.
      if (!stopping.signal.aborted && stamp !== undefined && stamp !== seen && stamp === former) await turn(false)
      former = stamp
    }
  }

  const looking = look()
  return {
    now: () => turn(true),
    async stop() {
      stopping.abort()
      await looking
      await last
    },
  }
}

/** Sections that differ. */
function listChanged(before: Config, next: Config): string[] {
  const sections = Object.keys(next) as (keyof Config)[]
  return sections.filter((section) => !isDeepStrictEqual(before[section], next[section]))
}
