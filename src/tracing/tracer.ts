import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Tracer as OpenTelemetryTracer,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'

/** A span that goes on. */
export interface OpenSpan {
  /** Whatever `work` begins is under this span. */
  within<T>(work: () => T): T
  /** Headers that tell whoever is asked of this span. */
  headers(): Record<string, string>
  end(attributes: Attributes, trouble?: string): void
}

export interface Tracer {
  /** Under the span in which it is called, or under the one that `from`, the headers of a request, name. */
  begin(name: string, kind: 'server' | 'client', attributes: Attributes, from?: object): OpenSpan
  /** Whether this is called within a span. */
  isWithin(): boolean
}

/** Without OpenTelemetry's globals: two programs in one process do not meet. */
export function createTracer(tracer: OpenTelemetryTracer, propagator: TextMapPropagator): Tracer {
  const contexts = new AsyncLocalStorage<Context>()

  function describe(span: Span, context: Context): OpenSpan {
    return {
      within: (work) => contexts.run(context, work),
      headers() {
        const headers: Record<string, string> = {}
        propagator.inject(context, headers, defaultTextMapSetter)
        return headers
      },
      end(attributes, trouble) {
        span.setAttributes(attributes)
        if (trouble !== undefined) span.setAttribute('error.type', trouble).setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  return {
    begin(name, kind, attributes, from) {
      const parent = from
        ? propagator.extract(ROOT_CONTEXT, from, defaultTextMapGetter)
        : (contexts.getStore() ?? ROOT_CONTEXT)
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, parent)
      return describe(span, trace.setSpan(parent, span))
    },
    isWithin: () => contexts.getStore() !== undefined,
  }
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT }
