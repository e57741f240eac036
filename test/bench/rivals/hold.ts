import type { FastifyReply } from 'fastify'
import { createRival } from './app.ts'

// A bare route that holds its callers until POST /release, then answers all with a constant. Arguments as of constant.ts.
const [, , body = '', fields = '{}'] = process.argv
const app = createRival(JSON.parse(fields))
const held: FastifyReply[] = []
app.get('/runs/:id', (_request, reply) => {
  held.push(reply)
})
app.get('/count', async () => ({ count: held.length }))
app.post('/release', async () => {
  for (const reply of held.splice(0)) reply.type('application/json; charset=utf-8').send(body)
  return {}
})
await app.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 })
