import { type Static, Type } from '@sinclair/typebox'
import { createRandom } from './random.ts'

/** A wrong answer to come. */
export const Fault = Type.Object(
  {
    /** Any when left out. */
    method: Type.Optional(Type.String()),
    /** `*` stands for any run of characters, as in `/api/2.2/jobs/*`. */
    path: Type.String({ minLength: 1 }),
    /** `after`: the handler acts and only its reply is lost or replaced. Default `before`. */
    when: Type.Optional(Type.Union([Type.Literal('before'), Type.Literal('after')])),
    /** Matching requests to let pass first, default 0. */
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
    /** How often it happens, default once; null for ever. */
    times: Type.Optional(Type.Union([Type.Integer({ minimum: 1 }), Type.Null()])),
    /** Of a matching request being hit; the seed makes a series repeatable. */
    probability: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    seed: Type.Optional(Type.Integer()),
    status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
    headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** Text goes out as it is, anything else as JSON. */
    body: Type.Optional(Type.Unknown()),
    delay_ms: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Cuts the connection without an answer. */
    drop: Type.Optional(Type.Boolean()),
    /** Cuts the connection in the middle of the body: of the handler's own reply unless another one is given. */
    half: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)

export type Fault = Static<typeof Fault>

/** A fault with how much of it is left. */
export interface PendingFault {
  readonly id: number
  readonly fault: Fault
  readonly seen: number
  readonly fired: number
}

export interface Faults {
  add(fault: Fault): number
  list(): PendingFault[]
  clear(id?: number): void
  /** The first fault for this request, counted as fired. */
  take(method: string, path: string): Fault | undefined
}

export function createFaults(): Faults {
  const pending = new Map<
    number,
    { id: number; fault: Fault; seen: number; fired: number; hits: () => boolean; path: RegExp }
  >()
  let count = 0
  return {
    add: (fault) => {
      const random = createRandom(fault.seed ?? 1)
      const { probability = 1 } = fault
      const path = new RegExp(`^${fault.path.split('*').map(RegExp.escape).join('.*')}$`)
      const id = ++count
      pending.set(id, { id, fault, seen: 0, fired: 0, hits: () => random() < probability, path })
      return id
    },
    list: () => [...pending.values()].map(({ id, fault, seen, fired }) => ({ id, fault, seen, fired })),
    clear: (id) => (id === undefined ? pending.clear() : void pending.delete(id)),
    take: (method, path) => {
      for (const entry of pending.values()) {
        const { fault } = entry
        if ((fault.method ?? method).toUpperCase() !== method || !entry.path.test(path)) continue
        entry.seen++
        if (entry.seen <= (fault.offset ?? 0) || !entry.hits()) continue
        entry.fired++
        if (fault.times !== null && entry.fired >= (fault.times ?? 1)) pending.delete(entry.id)
        return fault
      }
      return undefined
    },
  }
}

/** Whether the fault puts something in place of the handler's own reply; one that only delays does not. */
export function replacesReply({ status, body, headers }: Fault): boolean {
  return status !== undefined || body !== undefined || headers !== undefined
}
