import { once } from 'node:events'
import { startApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config/read.ts'
import { createScaledClock } from '../../support/scaled-clock.ts'

// The gateway in a time of its own. Arguments: the time scale as JSON, and the file of its configuration.
const [, , scale = '', file = ''] = process.argv
const { env } = process
const { config } = await readConfig({ files: [file], env })
const app = await startApp({ config, env, clock: createScaledClock(JSON.parse(scale)) })
await once(process, 'SIGTERM')
await app.stop()
