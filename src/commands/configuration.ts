import { ConfigError } from '../config/problem.ts'
import { type ConfigSource, findConfigFiles, readConfig } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { CommandError } from './command.ts'

/** The configuration of these files, else of GATEWAY_CONFIG, else of gateway.yaml here; with any problem: exit code 2. */
export async function readConfiguration(
  asked: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ config: Config; source: ConfigSource }> {
  const source = { files: findConfigFiles(asked, env), env }
  try {
    return { ...(await readConfig(source)), source }
  } catch (error) {
    throw error instanceof ConfigError ? new CommandError(error.message, 2) : error
  }
}
