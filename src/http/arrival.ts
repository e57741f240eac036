/** A whole request arrives within this time, its headers within the other: slow senders hold no connection. */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 15_000
/** Node's own default, said so that no setting of the environment raises it: line, query and headers together. */
const HEAD_BYTES = 16_384
/** Node's own is 120 s. */
const HANDSHAKE_TIMEOUT_MS = 10_000
/** Node's own 30 s would let them stay for twice as long. */
const CHECKED_EVERY_MS = 5_000

/** How long a server waits for what is sent to it, and how much it reads; options of Fastify, and of TLS. */
export const ARRIVAL = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  http: {
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECKED_EVERY_MS,
    maxHeaderSize: HEAD_BYTES,
  },
  tls: { handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
}
