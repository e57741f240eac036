import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Tracing, TracingOptions } from '../tracing.ts'
import { readBatch, readSampler } from './environment.ts'
import { createTraceRequest } from './trace-request.ts'
import { traceSend } from './trace-send.ts'
import { traceStore } from './trace-store.ts'
import { createTracer } from './tracer.ts'

const NAME = 'databricks-job-gateway'
/** A receiver is near; the default of 10 s would hold up the end of the program when it is dead. */
const EXPORT_MS = 3_000

/** Traces, delivered by OTLP over HTTP. The exporter reads its variables itself, from those of the process. */
export function createTracing({ env, version, jobs, onTrouble }: TracingOptions): Tracing {
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL']
  if (protocol === 'grpc') onTrouble('OTLP by gRPC is not spoken here; they go by HTTP to the same endpoint')
  const timeout = env['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT'] ?? env['OTEL_EXPORTER_OTLP_TIMEOUT']
  const exporter = new OTLPTraceExporter(timeout === undefined ? { timeoutMillis: EXPORT_MS } : {})
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': NAME, 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: readSampler(env),
    spanProcessors: [new BatchSpanProcessor({ ...readBatch(env), exporter: watchExporter(exporter, onTrouble) })],
  })
  const tracer = createTracer(provider.getTracer(NAME, version), new W3CTraceContextPropagator())
  return {
    traceRequest: createTraceRequest(tracer, jobs),
    traceStore: (store) => traceStore(store, tracer),
    traceSend: (workspace) => (send) => traceSend(send, workspace, tracer),
    // What cannot be delivered was told already.
    stop: () => provider.shutdown().catch(() => {}),
  }
}

/** Tells when the first batch is lost, and not again before one has arrived. */
function watchExporter(exporter: SpanExporter, onTrouble: (message: string) => void): SpanExporter {
  let isTold = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const isLost = result.code !== ExportResultCode.SUCCESS
        if (isLost && !isTold) onTrouble(result.error?.message ?? 'the receiver refuses them')
        isTold = isLost
        done({ code: ExportResultCode.SUCCESS })
      })
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
