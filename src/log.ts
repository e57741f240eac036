import { type DestinationStream, type LevelWithSilent, type Logger as PinoLogger, pino } from 'pino'
import { describeError } from './log/error-fields.ts'
import { createSecrets, type Secrets } from './log/secrets.ts'

export type Logger = PinoLogger

export interface LogOptions {
  level: LevelWithSilent
  /** Left out: standard output. */
  destination?: DestinationStream
  /** Values that must not be seen; they may be added at any time. */
  secrets?: Secrets
}

const LEVELS: readonly LevelWithSilent[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** What LOG_LEVEL asks for; everything from info on unless it names a level. */
export function readLevel(env: NodeJS.ProcessEnv): LevelWithSilent {
  return LEVELS.find((level) => level === env['LOG_LEVEL']) ?? 'info'
}

/** A write takes place after so many bytes or so long. */
const WRITE_BYTES = 8_192
const WRITE_MS = 200

/**
 * The log: one JSON object a line. Whatever a line is made of, an upstream's free text included, it passes the redaction
 * of secrets as a whole, last of all, so nothing depends on where in the line a secret stands.
 */
export function createLogger({ level, destination = standardOutput(), secrets = createSecrets() }: LogOptions): Logger {
  const options = {
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
    hooks: { streamWrite: (line: string) => escapeRest(secrets.redact(line)) },
  }
  return pino(options, destination)
}

/**
 * Lines are written together, a few times a second: a write for each would cost more than the request it tells of. None
 * is waited for, so that a slow reader of the log holds up no answer. What is not yet written at exit is written then;
 * only a kill can lose the last lines, and the ledger holds the truth.
 */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: false, minLength: WRITE_BYTES, periodicFlush: WRITE_MS })
}

/** JSON leaves these as they are, but terminals obey some, and some readers take the others for the end of a line. */
function escapeRest(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
