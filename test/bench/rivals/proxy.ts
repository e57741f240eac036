import httpProxy from '@fastify/http-proxy'
import { createRival } from './app.ts'

// A proxy to the workspace with as many connections as the gateway has. Arguments: its url, and what the log line says
// besides, as JSON.
const [, , upstream = '', fields = '{}'] = process.argv
const app = createRival(JSON.parse(fields))
await app.register(httpProxy, { upstream, undici: { connections: 64, pipelining: 1 } })
await app.listen({ host: '127.0.0.1', port: 0 })
