import { createRival } from './app.ts'

// A bare route that answers with a constant. Arguments: the body, and what the log line says besides, as JSON.
const [, , body = '', fields = '{}'] = process.argv
const app = createRival(JSON.parse(fields))
app.get('/runs/:id', (_request, reply) => reply.type('application/json; charset=utf-8').send(body))
await app.listen({ host: '127.0.0.1', port: 0 })
