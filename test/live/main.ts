import manifest from '../../package.json' with { type: 'json' }
import { systemClock } from '../../src/clock.ts'
import { FACTS } from './contract.ts'
import { OPEN_POINTS } from './open-points.ts'
import { createRuns } from './runs.ts'
import { readSettings } from './settings.ts'
import { openSubject, type SubjectSettings } from './subject.ts'

// `npm run test:live`: the contract that the simulated workspace keeps in `npm test`, held against a real one.

const settings = readSettings(process.env)
if ('missing' in settings) {
  process.stdout.write(`test:live was not run: ${settings.missing}\n`)
} else {
  process.exitCode = (await run(settings, process.env['LIVE_EARLIER_TOKEN'])) ? 0 : 1
}

async function run(settings: SubjectSettings, earlierToken: string | undefined): Promise<boolean> {
  const subject = openSubject(settings)
  const runs = createRuns(subject)
  const print = (line: string) => process.stdout.write(`${line}\n`)
  let held = 0
  try {
    print(`databricks-job-gateway ${manifest.version}, ${new Date(systemClock.now()).toISOString()}, ${subject.host}`)
    print('\nWhat the gateway relies on')
    for (const { name, check } of FACTS) {
      const trouble = await check(subject, runs).then(() => undefined, describe)
      if (trouble === undefined) held++
      print(trouble === undefined ? `✔ ${name}` : `✘ ${name}: ${trouble}`)
    }
    print('\nWhat documentation leaves open, and what was seen')
    for (const { question, assumed, look } of OPEN_POINTS) {
      const seen = look ? await look(subject, runs, earlierToken).catch(describe) : 'not tried: it takes harm'
      print(`- ${question}\n    assumed: ${assumed}\n    seen:    ${seen}`)
    }
    print(`\n${held} passed, ${FACTS.length - held} failed. Please read it through, and send it to us.`)
    return held === FACTS.length
  } finally {
    await subject.close()
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').slice(0, 500)
}
