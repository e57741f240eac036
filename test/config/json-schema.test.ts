import { readFileSync } from 'node:fs'
import t from 'tap'
import { configJsonSchema } from '../../src/config/json-schema.ts'

t.test('the committed schema is the one of the code', async (t) => {
  const committed = readFileSync(new URL('../../openapi/config.schema.json', import.meta.url), 'utf8')
  t.equal(committed, `${JSON.stringify(configJsonSchema(), null, 2)}\n`, 'run npm run openapi')
})

t.test('every property has a description', async (t) => {
  const bare: string[] = []
  const visit = (node: unknown, path: string) => {
    if (typeof node !== 'object' || node === null) return
    if ('properties' in node && typeof node.properties === 'object' && node.properties !== null) {
      for (const [name, property] of Object.entries(node.properties)) {
        // A constant speaks for itself.
        if (!('description' in property || 'const' in property)) bare.push(`${path}.${name}`)
      }
    }
    for (const [key, child] of Object.entries(node)) visit(child, `${path}.${key}`)
  }
  visit(JSON.parse(JSON.stringify(configJsonSchema())), '')
  t.same(bare, [])
})

t.test(
  'what has a default may be left out, and a client inherits its options instead of defaulting them',
  async (t) => {
    const { properties } = JSON.parse(JSON.stringify(configJsonSchema()))
    t.notOk(properties.server.required)
    t.equal(properties.server.properties.port.default, 8080)
    const [client] = Object.values<{ required: string[]; properties: Record<string, object> }>(
      properties.clients.patternProperties,
    )
    t.same(client?.required, ['permissions'])
    t.notOk('default' in (client?.properties['outcome'] ?? {}))
  },
)
