import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers'
import { IMAGES } from '../images.ts'

const execute = promisify(execFile)

/** The folder that docker build and docker compose start from. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Docker's own patience, before it kills. */
const STOP_SECONDS = 10

/**
 * The image of these sources, or the one that GATEWAY_IMAGE names. Docker builds only what has changed since it last did,
 * and shows why when it cannot.
 */
export async function buildImage(): Promise<string> {
  if (IMAGES.gateway) return IMAGES.gateway
  const name = 'databricks-job-gateway:test'
  await execute('docker', ['build', '--tag', name, '--build-arg', `NODE_IMAGE=${IMAGES.node}`, ROOT], {
    maxBuffer: 2 ** 26,
  })
  return name
}

/** Nothing but /data can be written, no capability is left, and none can be had. */
export class HardenedContainer extends GenericContainer {
  constructor(image: string) {
    super(image)
    this.hostConfig.ReadonlyRootfs = true
    this.withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges')
  }
}

/** Starts it; it is gone with the test at the latest, and what nobody else has of its volumes too. */
export async function start(t: Test, container: GenericContainer): Promise<StartedTestContainer> {
  const started = await container.start()
  t.teardown(() => started.stop())
  return started
}

export function urlOf(container: StartedTestContainer, port = 8080): string {
  return `http://${container.getHost()}:${container.getMappedPort(port)}`
}

/** `docker stop`: resolves with the exit code, which is 137 when the program had to be killed. */
export async function stop(container: StartedTestContainer): Promise<number> {
  const running = await inspectable(container)
  await running.stop({ t: STOP_SECONDS })
  return (await running.inspect()).State.ExitCode
}

/** From the start of the container to the line of the log that says so, ms. */
export async function timeStart(container: StartedTestContainer): Promise<number> {
  const line = /\{"level".*"event":"gateway\.started".*/.exec(await readLog(container))?.[0] ?? '{}'
  const { State } = await (await inspectable(container)).inspect()
  return Date.parse(JSON.parse(line).time) - Date.parse(State.StartedAt)
}

/** As Docker keeps it: a few bytes of its own stand before each piece. */
export async function readLog(container: StartedTestContainer): Promise<string> {
  const log = await (await inspectable(container)).logs({ stdout: true, stderr: true })
  return log.toString()
}

/** What the container takes without the files that the kernel keeps for it, bytes. */
export async function readMemory(container: StartedTestContainer): Promise<number> {
  const { memory_stats: memory } = await (await inspectable(container)).stats({ stream: false })
  const { inactive_file = 0, total_inactive_file = inactive_file } = memory.stats
  return memory.usage - total_inactive_file
}

/** Bytes that the image adds to the one it is built on. */
export async function measureImage(image: string): Promise<number> {
  const { container } = await getContainerRuntimeClient()
  const [whole, base] = await Promise.all(
    [image, IMAGES.node].map((name) => container.dockerode.getImage(name).inspect()),
  )
  return (whole?.Size ?? Number.NaN) - (base?.Size ?? Number.NaN)
}

export async function removeVolume(name: string): Promise<void> {
  const { container } = await getContainerRuntimeClient()
  await container.dockerode.getVolume(name).remove()
}

async function inspectable(container: StartedTestContainer) {
  const client = await getContainerRuntimeClient()
  return client.container.getById(container.getId())
}
