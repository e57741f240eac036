/** What the containers are made of. Any of them can be taken from elsewhere, or in another version. */
export const IMAGES = {
  postgres: process.env['POSTGRES_IMAGE'] ?? 'postgres:18-alpine',
  /** What the gateway's own is built on. */
  node: process.env['NODE_IMAGE'] ?? 'node:26-bookworm-slim',
  /** A ready one, to be tested instead of what the sources make. */
  gateway: process.env['GATEWAY_IMAGE'],
}
