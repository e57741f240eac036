import t, { type Test } from 'tap'
import type { JobDefinition } from '../../src/simulator/definitions.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator, writeConfig } from '../support/gateway.ts'
import { codesOf, M2M, readReport, runCheck, troublesIn } from './support/run-check.ts'

const HOUR_MS = 3_600_000
const TASKS = [{ task_key: 'load' }]
const day = { day: { type: 'date' } }

/** A job of the workspace, as it is before a state changes it. */
const LOAD: JobDefinition = { job_id: '1', name: 'Load', parameters: [{ name: 'day', default: '' }], tasks: TASKS }

interface Broken {
  /** In Databricks. */
  jobs?: JobDefinition[]
  /** In the catalogue. */
  job?: Record<string, unknown>
  /** What happened since three hours ago. */
  history?: (simulator: Simulator) => void | Promise<void>
}

/** A workspace whose past is three hours long: its clock was behind, and is right once the history is made. */
async function startWorkspace(t: Test, { jobs = [LOAD], history }: Broken): Promise<Simulator> {
  const clock = { now: () => Date.now() - 3 * HOUR_MS, sleep: async () => {} }
  const simulator = await startSimulator(t, { jobs, clock })
  await history?.(simulator)
  simulator.advance(3 * HOUR_MS - (simulator.now() - clock.now()))
  simulator.clearCalls()
  return simulator
}

async function runNow({ url, credentials }: Simulator, jobId = 1): Promise<void> {
  const response = await fetch(`${url}/api/2.2/jobs/run-now`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credentials.token}` },
    body: JSON.stringify({ job_id: jobId }),
  })
  if (!response.ok) throw new Error(await response.text())
}

const runs =
  (count: number, minutes = 1) =>
  async (simulator: Simulator) => {
    for (let i = 0; i < count; i++) {
      await runNow(simulator)
      simulator.advance(minutes * 60_000)
    }
  }

const ends = (outcome: string): Pick<Broken, 'jobs'> => ({
  jobs: [{ ...LOAD, tasks: [{ task_key: 'load', outcome }] }],
})

const STATES: [name: string, code: string, line: RegExp, broken: Broken][] = [
  [
    'a job that is not there',
    'job-missing',
    /the workspace has no job 77 → correct jobs\.load\.job_id or jobs\.load\.workspace;/,
    { job: { job_id: '77' } },
  ],
  [
    'a name that no job has',
    'job-missing',
    /no job named "Laod" can be seen → correct jobs\.load\.job_name, or give .*"Can Manage Run"/,
    { job: { job_name: 'Laod' } },
  ],
  [
    'a name in other letters',
    'job-missing',
    /no job named "LOAD" can be seen; there is "Load" → correct jobs\.load\.job_name/,
    { job: { job_name: 'LOAD' } },
  ],
  [
    'a name that two jobs have',
    'job-ambiguous',
    /2 jobs are named "Load": 1, 2 → write jobs\.load\.job_id instead of job_name/,
    { job: { job_name: 'Load' }, jobs: [LOAD, { ...LOAD, job_id: '2' }] },
  ],
  [
    'a job that may not be seen',
    'job-denied',
    /service principal simulated-client may not see the job: User .* does not have .* → give it "Can Manage Run" on job 1$/,
    {
      history(simulator) {
        const message = 'User simulated-client does not have View or Manage Run permissions on job 1'
        const body = { error_code: 'PERMISSION_DENIED', message }
        simulator.addFault({ path: '/api/2.2/jobs/get', times: null, status: 403, body })
      },
    },
  ],
  [
    'a parameter that the job does not know',
    'parameter-unknown',
    /knows no parameter dya; it knows day → write day instead of dya in jobs\.load\.parameters/,
    { job: { job_id: '1', parameters: { dya: {} } } },
  ],
  [
    'job_parameters for a job that declares none',
    'parameters-as-wrong',
    /declares no job parameters, so no task reads day → declare them .*, or set jobs\.load\.parameters_as: notebook_params$/,
    { jobs: [{ ...LOAD, parameters: [] }] },
  ],
  [
    'notebook_params for a job of Python files',
    'parameters-as-wrong',
    /no task of the Databricks job reads notebook_params: they are spark_python_task → set jobs\.load\.parameters_as: python_params or/,
    {
      jobs: [{ ...LOAD, parameters: [], tasks: [{ task_key: 'load', kind: 'python' }] }],
      job: { job_id: '1', parameters: day, parameters_as: 'notebook_params' },
    },
  ],
  [
    'notebook_params for a job with job parameters',
    'parameters-as-wrong',
    /declares job parameters \(day\), and then takes no notebook_params → set jobs\.load\.parameters_as: job_parameters$/,
    { job: { job_id: '1', parameters: day, parameters_as: 'notebook_params' } },
  ],
  [
    'a job that allows no run',
    'job-never-runs',
    /maximum concurrent runs is 0, so every run is skipped → raise it/,
    { jobs: [{ ...LOAD, max_concurrent_runs: 0 }] },
  ],
  [
    'more runs than the job allows, and no queue',
    'runs-skipped',
    /runs 1 at a time and skips more, since jobs\.load\.queue is false → set jobs\.load\.queue: true, or jobs\.load\.max_active: 1$/,
    { job: { job_id: '1', parameters: day, queue: false } },
  ],
  [
    'a cluster that cannot start',
    'cluster-failing',
    /its last 3 runs ended with CLUSTER_ERROR: .*cluster failed.* → look at the cluster's event log: .*#job\/1\/run\/\d+$/,
    { ...ends('CLUSTER_ERROR'), history: runs(3) },
  ],
  [
    'a library that cannot be installed',
    'runs-failing',
    /its last run ended with LIBRARY_INSTALLATION_ERROR: .* → correct the job's libraries/,
    { ...ends('LIBRARY_INSTALLATION_ERROR'), history: runs(1) },
  ],
  [
    'runs that are stuck in the queue',
    'queue-stuck',
    /2 runs wait in the queue, the first for 3 h: the job has as many runs at once as it allows; run \d+ is active for 3 h → raise its maximum concurrent runs/,
    { jobs: [{ ...LOAD, tasks: [{ task_key: 'load', duration_ms: 5 * HOUR_MS }] }], history: runs(3) },
  ],
]

for (const [name, code, line, broken] of STATES) {
  t.test(`${name}: ${code}`, async (t) => {
    const simulator = await startWorkspace(t, broken)
    const jobs = { load: broken.job ?? { job_id: '1', parameters: day } }
    const file = writeConfig(t, simulator, { jobs, workspace: { auth: M2M } })
    const { code: exit, stdout, stderr } = await runCheck(t, file)
    const troubles = troublesIn(stdout)
    t.equal(troubles.length, 1, `one line says it:\n${stdout}${stderr}`)
    t.match(troubles[0], line)
    t.match(troubles[0], /^[✘!] job load /)
    t.equal(exit, troubles[0]?.startsWith('✘') ? 1 : 0)
    t.strictSame(codesOf(await readReport(t, file)), [code])
    const posts = Object.keys(simulator.counts()).filter((call) => call.startsWith('POST'))
    t.strictSame(posts, ['POST /oidc/v1/token'], 'nothing is changed in Databricks')
  })
}

t.test('one job that may not be seen does not hide the others', async (t) => {
  const simulator = await startWorkspace(t, { jobs: [LOAD, { ...LOAD, job_id: '2', name: 'Other' }] })
  simulator.removeJob('2')
  const jobs = { load: { job_id: '1', parameters: day }, other: { job_id: '2' } }
  const { stdout, stderr, code } = await runCheck(t, writeConfig(t, simulator, { jobs, workspace: { auth: M2M } }))
  t.match(stdout, /^✔ job load +"Load" \(1\) · parameters fit \(day\)/m)
  t.match(stdout, /^✘ job other +definition: the workspace has no job 2 →/m)
  t.strictSame([stderr, code], ['1 failed.', 1])
})

t.test('a run that we started is the proof that we may', async (t) => {
  const simulator = await startWorkspace(t, { history: runs(1) })
  const [run] = simulator.runs()
  const jobs = { load: { job_id: '1', parameters: day } }
  const { stdout } = await runCheck(t, writeConfig(t, simulator, { jobs, workspace: { auth: M2M } }))
  t.match(
    stdout,
    new RegExp(`^✔ job load .* may be run, as run ${run?.run_id} was · nothing queued · last run ended well$`, 'm'),
  )
  t.notMatch(stdout, /^· job load/m)
})
