import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CONFIGURED_KINDS } from '../support/configured-kinds.ts'
import { startSimulator, writeConfig } from '../support/gateway.ts'
import { codesOf, readReport, runCheck, troublesIn } from './support/run-check.ts'

const JOBS = [{ job_id: '1', name: 'Load', tasks: [{ task_key: 'load' }] }]

for (const kind of CONFIGURED_KINDS) {
  t.test(kind.name, async (t) => {
    const simulator = await startSimulator(t, { jobs: JOBS, options: kind.options ?? {} })
    const secret = join(t.testdir(), 'secret')
    const workspace = { ...kind.workspace, auth: kind.auth(simulator, { file: secret }) }
    const file = writeConfig(t, simulator, { jobs: { load: { job_id: '1' } }, workspace })

    writeFileSync(secret, await kind.secret(simulator))
    const { code, stdout, stderr } = await runCheck(t, file)
    t.match(stdout, new RegExp(`^✔ workspace main .* · ${workspace.auth.type} accepted`, 'm'), stderr)
    t.equal(code, 0)

    writeFileSync(secret, 'no-longer-a-secret')
    const refused = await runCheck(t, file)
    t.equal(refused.code, 1)
    t.match(troublesIn(refused.stdout)[0], kind.refusal)
    t.notMatch(refused.stdout, /no-longer-a-secret/)
    t.match(codesOf(await readReport(t, file)), [kind.code])
  })
}
