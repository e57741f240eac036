import manifest from '../../package.json' with { type: 'json' }
import { systemClock } from '../../src/clock.ts'
import { FACTS } from './contract.ts'
import { OPEN_POINTS } from './open-points.ts'
import { createRuns } from './runs.ts'
import { readSettings } from './settings.ts'
import { openSubject, type Subject } from './subject.ts'

const POLL_MS = 5_000

// `npm run test:live`: the contract that the simulated workspace keeps in `npm test`, held against a real one.

const settings = readSettings(process.env)
if ('missing' in settings) {
  process.stdout.write(`test:live was not run: ${settings.missing}\n`)
} else {
  const subject = openSubject({ ...settings, pollMs: POLL_MS })
  process.exitCode = (await run(subject, process.env['LIVE_EARLIER_TOKEN'])) ? 0 : 1
}

async function run(subject: Subject, earlierToken: string | undefined): Promise<boolean> {
  const runs = createRuns(subject)
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const failed: string[] = []
  // The clock's sleeps keep no process alive.
  const alive = setInterval(() => {}, 60_000)
  try {
    print(`databricks-job-gateway ${manifest.version}, ${new Date(systemClock.now()).toISOString()}, ${subject.host}`)
    print('\nWhat the gateway relies on')
    for (const [i, { name, check }] of FACTS.entries()) {
      const trouble = await check(subject, runs).then(() => undefined, describe)
      print(trouble === undefined ? `✔ ${name}` : `✘ ${name}: ${trouble}`)
      if (trouble !== undefined) failed.push(name)
      if (i === 0 && failed.length > 0) {
        print('Without the job nothing else can be tried. `node src/main.ts check` finds out why it cannot be seen.')
        return false
      }
    }
    print('\nWhat documentation leaves open, and what was seen')
    for (const { question, assumed, look } of OPEN_POINTS) {
      const seen = look ? await look(subject, runs, earlierToken).catch(describe) : 'not tried: it takes harm'
      print(`- ${question}\n    assumed: ${assumed}\n    seen:    ${seen}`)
    }
    print(
      `\n${FACTS.length - failed.length} passed, ${failed.length} failed. Please read it through, and send it to us.`,
    )
    return failed.length === 0
  } finally {
    clearInterval(alive)
    await subject.close()
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 500)
}
