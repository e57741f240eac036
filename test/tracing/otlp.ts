/** A span as OTLP sends it (opentelemetry/proto/trace/v1/trace.proto), ids in hex. */
export interface Span {
  traceId: string
  spanId: string
  /** '' for the first of its trace. */
  parentId: string
  name: string
  kind: 'server' | 'client' | 'other'
  attributes: Record<string, string | number | boolean>
  failed: boolean
  /** Attributes of the process. */
  resource: Record<string, string | number | boolean>
}

/** An ExportTraceServiceRequest in Protocol Buffers; a decoder of the encoding itself, with the fields that tests look at. */
export function readRequest(body: Buffer): Span[] {
  return all(body, 1).flatMap((resourceSpans) => {
    const resource = Object.fromEntries(all(resourceSpans, 1).flatMap((message) => all(message, 1).map(readAttribute)))
    const scopes = all(resourceSpans, 2)
    return scopes.flatMap((scope) => all(scope, 2).map((span) => ({ ...readSpan(span), resource })))
  })
}

function readSpan(span: Buffer): Omit<Span, 'resource'> {
  const bytes = (field: number) => all(span, field)[0] ?? Buffer.alloc(0)
  const status = all(span, 15)[0] ?? Buffer.alloc(0)
  return {
    traceId: bytes(1).toString('hex'),
    spanId: bytes(2).toString('hex'),
    parentId: bytes(4).toString('hex'),
    name: bytes(5).toString(),
    kind: ({ 2: 'server', 3: 'client' } as const)[number(span, 6)] ?? 'other',
    attributes: Object.fromEntries(all(span, 9).map(readAttribute)),
    failed: number(status, 3) === 2,
  }
}

function readAttribute(message: Buffer): [string, string | number | boolean] {
  const [key = Buffer.alloc(0)] = all(message, 1)
  const [value = Buffer.alloc(0)] = all(message, 2)
  const [{ field, data }] = [...fieldsOf(value)] as [Field]
  const asDouble = () => (Buffer.isBuffer(data) ? data.readDoubleLE() : Number.NaN)
  const read = { 1: () => String(data), 2: () => data === 1n, 3: () => Number(data), 4: asDouble }[field]
  return [key.toString(), read ? read() : '']
}

interface Field {
  field: number
  data: Buffer | bigint
}

/** The messages, texts or bytes under a field. */
function all(message: Buffer, wanted: number): Buffer[] {
  return [...fieldsOf(message)].flatMap(({ field, data }) => (field === wanted && Buffer.isBuffer(data) ? [data] : []))
}

function number(message: Buffer, wanted: number): number {
  const found = [...fieldsOf(message)].find(({ field }) => field === wanted)
  return typeof found?.data === 'bigint' ? Number(found.data) : 0
}

/** https://protobuf.dev/programming-guides/encoding/ */
function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0
  const readVarint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number) => {
    at += length
    return message.subarray(at - length, at)
  }
  while (at < message.length) {
    const tag = Number(readVarint())
    const field = tag >> 3
    const wire = tag & 7
    if (wire === 0) yield { field, data: readVarint() }
    else yield { field, data: take(wire === 2 ? Number(readVarint()) : wire === 1 ? 8 : 4) }
  }
}
