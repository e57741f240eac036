import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type BatchSpanProcessorOptions,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'

/** https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/: what the SDK leaves to programs. */
type Environment = NodeJS.ProcessEnv

const PARENT = 'parentbased_'

/** Which traces are kept; by default all, unless a caller says that its own is not. */
export function readSampler(env: Environment): Sampler {
  const name = env['OTEL_TRACES_SAMPLER'] ?? ''
  const root = readRoot(name.replace(PARENT, ''), env['OTEL_TRACES_SAMPLER_ARG'])
  if (!root) return new ParentBasedSampler({ root: new AlwaysOnSampler() })
  return name.startsWith(PARENT) ? new ParentBasedSampler({ root }) : root
}

function readRoot(name: string, argument: string | undefined): Sampler | undefined {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(readNumber(argument) ?? 1)
    default:
      return undefined
  }
}

/** How spans are collected before they are delivered. */
export function readBatch(env: Environment): Omit<BatchSpanProcessorOptions, 'exporter'> {
  const given = {
    scheduledDelayMillis: readNumber(env['OTEL_BSP_SCHEDULE_DELAY']),
    exportTimeoutMillis: readNumber(env['OTEL_BSP_EXPORT_TIMEOUT']),
    maxQueueSize: readNumber(env['OTEL_BSP_MAX_QUEUE_SIZE']),
    maxExportBatchSize: readNumber(env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE']),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** Empty counts as not set. */
function readNumber(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return value >= 0 ? value : undefined
}
