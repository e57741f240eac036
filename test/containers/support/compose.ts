import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { ROOT } from './image.ts'

const execute = promisify(execFile)

const OVERLAY = join(import.meta.dirname, 'compose.yaml')
/** Any free ones. */
const PORTS = { GATEWAY_PORT: '0', REAL_PORT: '0', PROMETHEUS_PORT: '0', GRAFANA_PORT: '0' }

/** What docker-compose.yml describes, under a name of its own. */
export interface Project {
  /** Starts these services, and what they depend on. */
  up(...services: string[]): Promise<void>
  /** Where a port of a service is reached. */
  urlOf(service: string, port: number): Promise<string>
  logs(): Promise<string>
}

/** A project that is gone with the test, volumes and all. Its variables: as in .env. */
export async function createProject(t: Test, variables: Record<string, string>): Promise<Project> {
  const [command = '', ...first] = await findCompose()
  const name = `job-gateway-test-${process.pid}`
  const files = ['--file', join(ROOT, 'docker-compose.yml'), '--file', OVERLAY]
  const env = { ...process.env, ...PORTS, ...variables }
  const compose = async (args: string[], profiles = '') => {
    const options = { cwd: ROOT, env: { ...env, COMPOSE_PROFILES: profiles }, maxBuffer: 2 ** 26 }
    return (await execute(command, [...first, '--project-name', name, ...files, ...args], options)).stdout
  }
  t.teardown(() => compose(['down', '--volumes', '--remove-orphans', '--timeout', '5'], 'real'))
  return {
    async up(...services) {
      await compose(['up', '--detach', '--no-build', ...services])
    },
    async urlOf(service, port) {
      // Of a service in a profile nothing is said without that profile.
      return `http://${(await compose(['port', service, String(port)], 'real')).trim()}`
    },
    logs: () => compose(['logs', '--no-color', '--tail', '50'], 'real'),
  }
}

/** Compose as a plug-in of Docker, as it comes today, or the program that it was. */
async function findCompose(): Promise<string[]> {
  const plugin = ['docker', 'compose']
  return execute('docker', ['compose', 'version']).then(
    () => plugin,
    () => ['docker-compose'],
  )
}
