import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { startGateway, startSimulator, writeConfig } from '../support/gateway.ts'

const KEYS = { first: 'a-key-of-this-year-that-signs-locations', second: 'a-key-of-next-year-that-signs-locations' }

t.test('a key is replaced while its addresses are followed, and what a client may is as it is now', async (t) => {
  const simulator = await startSimulator(t, {
    jobs: [{ job_id: '11', name: 'slow', pending_ms: 0, tasks: [{ task_key: 'main', duration_ms: 3_600_000 }] }],
  })
  const file = writeConfig(t, simulator, {
    server: { public_url: 'http://127.0.0.1', signing_keys: [{ file: 'first' }] },
    jobs: { slow: { job_id: '11' } },
    clients: { 'control-m': { profile: 'azure' }, other: { signed_location: true } },
  })
  const folder = dirname(file)
  for (const [name, key] of Object.entries(KEYS)) writeFileSync(join(folder, name), `${key}\n`)
  // biome-ignore lint/suspicious/noExplicitAny: a configuration that the test changes as it likes
  const written: any = JSON.parse(readFileSync(file, 'utf8'))
  const gateway = await startGateway(t, file)

  let reloads = 0
  const change = async (edit: () => void) => {
    edit()
    writeFileSync(file, JSON.stringify(written))
    gateway.signal('SIGHUP')
    reloads++
    while (gateway.lines().filter(({ event }) => event === 'config.reloaded').length < reloads) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const follow = async (location: URL) => {
    const { status, headers } = await gateway.call('GET', location.pathname + location.search, { client: null })
    return { status, location: new URL(headers.get('location') ?? 'http://none') }
  }
  const triggered = await gateway.trigger('slow', undefined, { key: 'K' })
  const given = new URL(triggered.headers.get('location') ?? '')
  t.match(await follow(given), { status: 202, location: { href: given.href } })

  const both = [{ file: 'first' }, { file: 'second' }]
  await change(() => Object.assign(written.server, { signing_keys: both }))
  t.match(await follow(given), { status: 202, location: { href: given.href } }, 'the second only verifies')
  await change(() => Object.assign(written.server, { signing_keys: both.toReversed() }))
  const { status, location: renewed } = await follow(given)
  t.equal(status, 202)
  t.not(renewed.href, given.href, 'signed with the key that stands first now')
  t.equal(renewed.searchParams.get('expires'), given.searchParams.get('expires'), 'and no longer good for that')
  await change(() => Object.assign(written.server, { signing_keys: [{ file: 'second' }] }))
  t.match(await follow(given), { status: 401 }, 'its key is gone')
  t.match(await follow(renewed), { status: 202 })

  writeFileSync(join(folder, 'second'), 'short')
  t.match(await follow(renewed), { status: 202 }, 'a key that cannot be used leaves the former one')
  t.match(await gateway.logged('signing_key.unavailable'), /./)
  writeFileSync(join(folder, 'second'), `${KEYS.second}\n`)

  const client = written.clients['control-m']
  const { permissions } = client
  await change(() => Object.assign(client, { permissions: ['trigger'] }))
  t.match(await follow(renewed), { status: 403 })
  await change(() => Object.assign(client, { permissions, jobs: [] }))
  t.match(await follow(renewed), { status: 404 })
  await change(() => Object.assign(client, { jobs: ['*'], signed_location: false }))
  t.match(await follow(renewed), { status: 401 })
  await change(() => Object.assign(client, { signed_location: true, id: 'another' }))
  t.match(await follow(renewed), { status: 401 })
  await change(() => {
    written.clients.renamed = { ...client, id: 'control-m' }
    delete written.clients['control-m']
  })
  t.match(await follow(renewed), { status: 202 }, 'a name may change, when the id stays')
})
