import type { onRequestHookHandler } from 'fastify'
import type { Send } from './databricks/exchange.ts'
import type { RunStore } from './runs/store.ts'

/**
 * Spans of OpenTelemetry around what the program does anyhow. They carry names of the configuration, ids of runs,
 * statuses and error codes; never a key, a secret, a parameter, or a text that somebody else wrote.
 */
export interface Tracing {
  /** A span for each request, under the caller's own where it sent one (W3C Trace Context). */
  traceRequest: onRequestHookHandler
  /** The same store; what it does for a request is a span below that of the request. */
  traceStore(store: RunStore): RunStore
  /** The same, with a span for each try, which Databricks is told of. */
  traceSend(workspace: string): (send: Send) => Send
  /** Delivers what is left; gives up soon. */
  stop(): Promise<void>
}

export interface TracingOptions {
  env: NodeJS.ProcessEnv
  version: string
  /** Names of the catalogue. */
  jobs: () => Record<string, unknown>
  /** Told when spans cannot be delivered. */
  onTrouble: (message: string) => void
}

/** Undefined unless OpenTelemetry's own variables switch it on; then, and only then, its code is loaded. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (!isSwitchedOn(options.env)) return undefined
  const { createTracing } = await import('./tracing/create.ts')
  return createTracing(options)
}

/**
 * An endpoint alone is enough, as is OTEL_TRACES_EXPORTER=otlp; OTEL_SDK_DISABLED=true wins over both.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
function isSwitchedOn(env: NodeJS.ProcessEnv): boolean {
  const read = (name: string) => env[name]?.trim() ?? ''
  if (read('OTEL_SDK_DISABLED').toLowerCase() === 'true') return false
  const exporter = read('OTEL_TRACES_EXPORTER')
  if (exporter !== '') return exporter === 'otlp'
  return read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== '' || read('OTEL_EXPORTER_OTLP_ENDPOINT') !== ''
}
