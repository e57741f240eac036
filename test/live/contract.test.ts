import t from 'tap'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { FACTS } from './contract.ts'
import { OPEN_POINTS } from './open-points.ts'
import { createRuns } from './runs.ts'
import { openSubject } from './subject.ts'

// The simulated workspace keeps what a real one is held to by `npm run test:live`.
const simulator = await createSimulator({
  jobs: [
    {
      job_id: '1001',
      name: 'Harmless',
      pending_ms: 0,
      cleanup_ms: 0,
      tasks: [
        { task_key: 'first', duration_ms: 1_000 },
        { task_key: 'second', depends_on: [{ task_key: 'first' }], duration_ms: 0 },
      ],
    },
  ],
})
const { client_id, client_secret } = simulator.credentials
const subject = openSubject({
  host: simulator.url,
  auth: { type: 'oauth-m2m', client_id, client_secret: () => client_secret },
  jobId: '1001',
  pollMs: 20,
})
const runs = createRuns(subject)
t.teardown(async () => {
  await subject.close()
  await simulator.close()
})

for (const { name, check } of FACTS) t.test(name, () => check(subject, runs))

for (const { question, look } of OPEN_POINTS) {
  if (look) t.test(question, async (t) => t.match(await look(subject, runs), /\S/))
}
