import { createRandom } from '../../src/simulator/random.ts'
import type { ChaosOptions } from './options.ts'

/** What may happen, and for how long: the least and the most, ms. */
const SPANS = {
  kill: [0, 0],
  stop: [300, 8_000],
  'restart postgres': [0, 0],
  'ledger cut': [0, 0],
  'ledger slow': [1_000, 4_000],
  'ledger stalled': [500, 9_000],
  'ledger lost': [0, 0],
  'workspace cut': [0, 0],
  'workspace slow': [1_000, 4_000],
  'workspace stalled': [500, 6_000],
  'workspace lost': [0, 0],
  'lost replies': [1_000, 8_000],
  'half replies': [1_000, 8_000],
  'late replies': [1_000, 8_000],
  throttled: [1_000, 6_000],
  unavailable: [1_000, 6_000],
  paused: [500, 6_000],
} as const satisfies Record<string, readonly [number, number]>

export type FaultKind = keyof typeof SPANS

export const FAULT_KINDS = Object.keys(SPANS) as FaultKind[]

/** Things to which one fault happens at a time. */
interface Lane {
  kinds: FaultKind[]
  /** Of one gateway; null: of all. */
  gateway: number | null
  /** Between two faults, on average. */
  gapMs: number
}

export interface ScheduledFault extends Pick<Lane, 'gateway'> {
  /** From the start of the load, ms. */
  at: number
  ms: number
  kind: FaultKind
  /** Faults of one lane follow each other. */
  lane: number
  /** For what is drawn while it lasts. */
  seed: number
}

/** All faults of a run, by the time at which they happen. Pure: the same for the same seed, for ever. */
export function makeSchedule({ minutes, seed, ledger, gateways }: ChaosOptions): ScheduledFault[] {
  const random = createRandom(seed)
  const endMs = minutes * 60_000
  return makeLanes(ledger, gateways)
    .flatMap((lane, index) => fillLane(lane, index, endMs, random))
    .toSorted((a, b) => a.at - b.at)
}

function makeLanes(ledger: ChaosOptions['ledger'], gateways: number): Lane[] {
  const each = Array.from({ length: gateways }, (_, gateway) => gateway)
  const processes = each.map((gateway): Lane => ({ gateway, gapMs: 12_000, kinds: ['kill', 'stop'] }))
  const workspace: Lane[] = [
    { gateway: null, gapMs: 10_000, kinds: ['workspace cut', 'workspace slow', 'workspace stalled', 'workspace lost'] },
    {
      gateway: null,
      gapMs: 3_000,
      kinds: ['lost replies', 'half replies', 'late replies', 'throttled', 'unavailable'],
    },
  ]
  const operators: Lane = { gateway: null, gapMs: 15_000, kinds: ['paused'] }
  if (ledger === 'sqlite') return [...processes, ...workspace, operators]
  const lines = each.map(
    (gateway): Lane => ({
      gateway,
      gapMs: 10_000,
      kinds: ['ledger cut', 'ledger slow', 'ledger stalled', 'ledger lost'],
    }),
  )
  const postgres: Lane = { gateway: null, gapMs: 30_000, kinds: ['restart postgres'] }
  return [...processes, ...workspace, operators, ...lines, postgres]
}

function fillLane(lane: Lane, index: number, endMs: number, random: () => number): ScheduledFault[] {
  const faults: ScheduledFault[] = []
  for (let at = 0; ; ) {
    at += Math.round(lane.gapMs * (0.25 + 1.5 * random()))
    const kind = lane.kinds[Math.floor(random() * lane.kinds.length)]
    if (kind === undefined) throw new Error('a lane has no kinds')
    const [least, most] = SPANS[kind]
    const ms = Math.round(least + (most - least) * random())
    const seed = Math.floor(random() * 2 ** 31)
    if (at + ms > endMs) return faults
    faults.push({ at, ms, kind, gateway: lane.gateway, lane: index, seed })
    at += ms
  }
}
