import { Type } from '@sinclair/typebox'
import { closed } from './names.ts'

/** A token bucket: callers/limits.ts. */
function rate(defaults: { per_second: number; burst: number }, description: string) {
  return closed(
    {
      per_second: Type.Number({
        default: defaults.per_second,
        minimum: 0.001,
        maximum: 1_000_000,
        description: 'So many in the long run.',
      }),
      burst: Type.Integer({
        default: defaults.burst,
        minimum: 1,
        maximum: 1_000_000,
        description: 'So many at once, after a time without any.',
      }),
    },
    { default: {}, description },
  )
}

/** What one client may ask for; each replica counts for itself. */
export const ClientLimitsSchema = closed(
  {
    triggers: rate({ per_second: 50, burst: 2_000 }, 'Triggers and repairs. More are answered 429 with Retry-After.'),
    reads: rate(
      { per_second: 1_000, burst: 5_000 },
      'Every other call, but for /metrics and /admin. More are answered 429, an await 202 without a look at its run; a cancel is never refused.',
    ),
    waiters: Type.Integer({
      default: 5_000,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Calls that wait at a time. More are answered as with wait=0.',
    }),
  },
  { default: {}, description: 'What this client may ask of one replica, each of which counts for itself.' },
)

/** Of callers without a valid key, by their address: an IPv4 address, or the /64 of an IPv6 one. */
export const StrangerLimitsSchema = closed(
  {
    anonymous: rate(
      { per_second: 100, burst: 1_000 },
      'Calls without any key, /docs and /problems among them. More are answered 429.',
    ),
    wrong_keys: rate(
      { per_second: 1, burst: 100 },
      'Calls with a key that is not valid. Once half of the burst is spent their answers take up to 3 seconds; when all ' +
        'is, they are 429.',
    ),
  },
  {
    default: {},
    description:
      'What callers without a valid key may ask of one replica, by their address (the /64 of IPv6). Calls with a valid ' +
      'key are never limited by it.',
  },
)

/** When a process sheds load. */
export const OverloadSchema = closed(
  {
    triggers_seconds: Type.Number({
      default: 2,
      minimum: 0.1,
      maximum: 3_600,
      description: 'From here on triggers, repairs and pages are answered 503 overloaded.',
    }),
    reads_seconds: Type.Number({
      default: 8,
      minimum: 0.1,
      maximum: 3_600,
      description: 'From here on reads are too, and an await is answered 202 without a look at its run.',
    }),
  },
  {
    default: {},
    description:
      'How late the process may be with its work, for five seconds on end, before it turns calls away: first those ' +
      'that start something. Cancels, probes and metrics are always answered.',
  },
)
