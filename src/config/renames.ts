import { isDeepStrictEqual } from 'node:util'
import type { ClientConfig } from './schema/clients.ts'
import type { JobConfig } from './schema/jobs.ts'
import type { Config } from './schema.ts'

/**
 * What has another name, or is bound to another id, than before: the keys of orders (`key=`) hold for one client id and
 * one job, so a call that is repeated across such a change may not find its run. One sentence each.
 */
export function describeRenames(before: Config, next: Config): string[] {
  return [...describeClients(before.clients, next.clients), ...describeJobs(before.jobs, next.jobs)]
}

function describeClients(before: Record<string, ClientConfig>, next: Record<string, ClientConfig>): string[] {
  return Object.entries(next).flatMap(([name, client]) => {
    const former = before[name]
    if (former)
      return former.id === client.id
        ? []
        : [`client ${name} has id ${client.id} instead of ${former.id}: ${LOST}. ${keep(former)}`]
    return gone(before, next).flatMap(([formerName, one]) => {
      if (one.id === client.id) return [`client ${name} is the former client ${formerName}: ${HELD}`]
      const shared = findShared(one, client)
      if (shared === undefined) return []
      return [`client ${name} has ${shared} of the former client ${formerName} and another id: ${LOST}. ${keep(one)}`]
    })
  })
}

/** By what both are known. */
function findShared(one: ClientConfig, other: ClientConfig): string | undefined {
  if (one.keys.some((key) => other.keys.includes(key))) return 'a key'
  return one.tokens.some((rule) => other.tokens.some((own) => isDeepStrictEqual(own, rule))) ? 'the tokens' : undefined
}

const LOST = 'keys of its former orders do not hold for it, and a call repeated with one of them starts a second run'
const HELD = 'its id is the same, so the keys of its orders still hold; with Basic its user name is the new one'

function keep({ id }: ClientConfig): string {
  return `Set id: ${id} to keep them.`
}

function describeJobs(before: Record<string, JobConfig>, next: Record<string, JobConfig>): string[] {
  const fresh = Object.entries(next).filter(([name]) => !before[name])
  return fresh.flatMap(([name, job]) =>
    gone(before, next)
      .filter(([, former]) => isSameJob(former, job))
      .map(
        ([former]) =>
          `job ${name} is the former job ${former}: keys of orders of ${former} do not hold for it, and a call repeated with one of them starts a second run`,
      ),
  )
}

function isSameJob(one: JobConfig, other: JobConfig): boolean {
  return one.workspace === other.workspace && one.job_id === other.job_id && one.job_name === other.job_name
}

function gone<Entry>(before: Record<string, Entry>, next: Record<string, Entry>): [string, Entry][] {
  return Object.entries(before).filter(([name]) => !next[name])
}
