import { METHODS } from 'node:http'
import { Histogram, type Registry } from 'prom-client'
import type { AuthenticationFailure } from '../callers/authenticate.ts'
import type { Config } from '../config/schema.ts'
import type { ErrorCode } from '../runs/errors.ts'
import { REQUEST_SECONDS } from './buckets.ts'
import type { Instruments } from './instruments.ts'
import { createLabel } from './labels.ts'

/** One answered request. */
interface Served {
  method: string
  /** The pattern, such as /runs/:id; undefined when none fitted. */
  route: string | undefined
  status: number
  /** Time that the caller asked to wait left out. */
  seconds: number
}

/** A limit of the client, or the state of the process. */
type Curtailment = 'waiters' | 'reads' | 'overloaded'

/** What is told of requests. */
export interface HttpFacts {
  served(request: Served): void
  /** A caller waited for a run. */
  waited(seconds: number): void
  /** A request was answered with an error; `client` is undefined while it is not known who calls. */
  refused(client: string | undefined, code: ErrorCode): void
  authenticationFailed(reason: AuthenticationFailure): void
  /** A call was answered at once instead of waiting, or an await without a look at its run. */
  curtailed(client: string, reason: Curtailment): void
  /** What can be told of every client. */
  showClients(): void
}

const WAIT_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 120, 300, 900, 3_600]

/** OpenTelemetry's word for a method outside the known ones: semantic conventions for HTTP. */
const OTHER_METHOD = '_OTHER'

export function createHttpFacts(
  { counter, histogram }: Instruments,
  { registry, current }: { registry: Registry; current: () => Pick<Config, 'clients'> },
): HttpFacts {
  const clientLabel = createLabel(() => current().clients)
  const methods = new Set(METHODS)

  const requests = new Histogram({
    // OpenTelemetry's name, so without our prefix.
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests, time that callers asked to wait left out.',
    buckets: REQUEST_SECONDS,
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    registers: [registry],
  })
  const waits = histogram('wait_seconds', 'How long callers waited for a run.', WAIT_SECONDS)
  const refusals = counter('refusals_total', 'Requests answered with an error.', ['client', 'code'])
  const failures = counter('auth_failures_total', 'Requests without a valid key.', ['reason'])
  const curtailed = counter(
    'curtailed_answers_total',
    'Calls that were not let wait (waiters), and awaits that were answered without a look at their run (reads, overloaded): a limit of the client, or too much to do.',
    ['client', 'reason'],
  )

  return {
    served({ method, route = '', status, seconds }) {
      const labels = {
        http_request_method: methods.has(method) ? method : OTHER_METHOD,
        http_route: route,
        http_response_status_code: status,
      }
      requests.observe(labels, seconds)
    },
    waited: (seconds) => waits.observe(seconds),
    refused: (client, code) => refusals.inc({ client: clientLabel(client), code }),
    authenticationFailed: (reason) => failures.inc({ reason }),
    curtailed: (client, reason) => curtailed.inc({ client: clientLabel(client), reason }),
    showClients() {
      // From 0, so that the first call that is refused for it is an increase: alerts count on that.
      for (const client of Object.keys(current().clients)) {
        for (const code of ['ledger-unavailable', 'rate-limited']) refusals.inc({ client, code }, 0)
      }
    },
  }
}
