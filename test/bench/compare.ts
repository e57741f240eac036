import type { Throughput, ThroughputOrder } from './load/throughput.ts'
import { makeLoad } from './load.ts'
import type { Program } from './program.ts'
import { median } from './quantile.ts'

export interface Contender {
  program: Program
  order: Omit<ThroughputOrder, 'url' | 'seconds'>
}

interface Round extends Throughput {
  /** CPU time of the program, all threads. */
  cpuMicros: number
}

export interface Comparison {
  /** Medians over the rounds of the gateway's requests/s by the rival's, and the same per second of its own CPU time. */
  ratio: number
  cpuRatio: number
  values: Record<string, number | number[]>
}

const ROUNDS = 6
const SECONDS = 3

/**
 * Requests/s of the gateway and of a rival, in turns so that noise of the machine hits both. The first round of each
 * only warms up.
 */
export async function compare(gateway: Contender, rival: Contender): Promise<Comparison> {
  const pairs: [Round, Round][] = []
  for (let round = 0; round <= ROUNDS; round++) pairs.push([await measure(gateway), await measure(rival)])
  const counted = pairs.slice(1)
  const each = (pick: (round: Round) => number) => ({
    gateway: counted.map(([round]) => pick(round)),
    rival: counted.map(([, round]) => pick(round)),
  })
  const perSecond = each((round) => round.perSecond)
  const cpuMicros = each((round) => round.cpuMicros)
  return {
    ratio: median(counted.map(([ours, theirs]) => ours.perSecond / theirs.perSecond)),
    cpuRatio: median(counted.map(([ours, theirs]) => theirs.cpuMicros / ours.cpuMicros)),
    values: {
      gateway_per_second: perSecond.gateway,
      rival_per_second: perSecond.rival,
      gateway_cpu_micros: cpuMicros.gateway,
      rival_cpu_micros: cpuMicros.rival,
    },
  }
}

async function measure({ program, order }: Contender): Promise<Round> {
  const before = program.cpuMs()
  const throughput = await makeLoad('throughput', { ...order, url: program.url, seconds: SECONDS })
  return { ...throughput, cpuMicros: ((program.cpuMs() - before) * 1000) / throughput.requests }
}
