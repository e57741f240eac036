import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { StartedPostgreSqlContainer } from '@testcontainers/postgresql'
import { openLedger } from '../../src/ledger/open.ts'
import { describePostgres } from '../support/postgres-container.ts'
import { IMAGES } from './images.ts'
import { TEMPLATE } from './support/postgres.ts'

// `npm run test:containers [-- FILE…]`: one PostgreSQL for all files, each test in a database of its own.

const server = await startServer().catch((error: unknown) => {
  const why = error instanceof Error ? error.message : String(error)
  const mandatory = Boolean(process.env['CI'])
  process.stderr.write(
    `test:containers ${mandatory ? 'cannot run' : 'is skipped'}: PostgreSQL (${IMAGES.postgres}) does not start: ${why}\n` +
      'It needs a Docker engine, and the image; POSTGRES_IMAGE names another one.\n',
  )
  process.exitCode = mandatory ? 1 : 0
})
if (server) {
  try {
    process.exitCode = await runTests(server)
  } finally {
    await server.stop()
  }
}

/** Nothing has to outlive the machine. */
async function startServer(): Promise<StartedPostgreSqlContainer> {
  return describePostgres(TEMPLATE, ['fsync=off', 'full_page_writes=off', 'max_connections=300']).start()
}

async function runTests(container: StartedPostgreSqlContainer): Promise<number> {
  const [host, port] = [container.getHost(), container.getPort()]
  const url = `postgres://${container.getUsername()}@${host}:${port}/${TEMPLATE}`
  // To copy a ledger is faster than to make one.
  await (await openLedger({ url, password: () => container.getPassword(), instance: 'test' })).close()
  const args = process.argv.slice(2)
  const files = args.some((arg) => arg.endsWith('.ts')) ? [] : ['test/containers/*.test.ts']
  // npm puts tap on the PATH; .taprc keeps these files out of `npm test`.
  const tap = spawn('tap', ['--exclude=', ...files, ...args], {
    stdio: 'inherit',
    env: { ...process.env, TEST_POSTGRES_URL: url, TEST_POSTGRES_PASSWORD: container.getPassword() },
  })
  // The container is stopped once the tests have ended, however they do.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tap.kill(signal))
  const [code] = await once(tap, 'exit')
  return code ?? 1
}
