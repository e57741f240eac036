import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { readCatalogue } from '../simulator/catalogue.ts'
import { InvalidInput } from '../simulator/definitions.ts'
import { createSimulator, type SimulatorSettings } from '../simulator/simulator.ts'
import { type Command, CommandError } from './command.ts'
import { DEMO_JOBS } from './demo-jobs.ts'
import { readPort } from './port.ts'

/** `job-gateway simulate [--port 8181] [--host 127.0.0.1] [--catalogue FILE]`: a simulated workspace until Ctrl-C. */
export const simulate: Command = async (args, { stdout, signal }) => {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '8181' },
      host: { type: 'string', default: '127.0.0.1' },
      catalogue: { type: 'string' },
    },
  })
  const { host, catalogue } = values
  const port = readPort(values.port)
  const jobs = catalogue === undefined ? DEMO_JOBS : await readCatalogue(catalogue).catch(refuse)
  const simulator = await listen({ port, host, jobs })
  const { url, credentials } = simulator
  stdout.write(`Simulated workspace on ${url}, token ${credentials.token}; its controls: curl ${url}/__simulator/\n`)
  if (!signal.aborted) await once(signal, 'abort')
  await simulator.close()
}

async function listen(settings: SimulatorSettings) {
  try {
    return await createSimulator(settings)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new CommandError(error.message)
    throw error
  }
}

function refuse(error: Error): never {
  throw error instanceof InvalidInput ? new CommandError(error.message, 2) : error
}
