import type { Fault } from '../../../src/simulator/faults.ts'
import type { WorkspaceControls } from '../controls.ts'
import { makeLoad } from '../load.ts'
import type { Night } from './start.ts'

/** Trouble in a workspace, in minutes of the night. */
export interface Storm {
  name: string
  what: string
  spells: { fromMin: number; untilMin: number }[]
  /** Resolves when the spell is over. */
  blow(night: Night, workspace: string, forMs: number): Promise<void>
}

const MINUTE_MS = 60_000
const FOREIGN_JOB = '9001'
/** Half as much again as run-now allows. */
const CROWD_PER_SECOND = 32

export const STORMS: Storm[] = [
  {
    name: 'throttled',
    what: 'most looks answered with 429, for three minutes twice',
    spells: [
      { fromMin: 5, untilMin: 8 },
      { fromMin: 12, untilMin: 15 },
    ],
    blow: inject(
      ['/api/*/jobs/runs/get', '/api/*/jobs/runs/list'].map((path) => ({
        path,
        status: 429,
        headers: { 'retry-after': '1' },
        body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'RPC token bucket limit has been exceeded.' },
        probability: 0.8,
        times: null,
      })),
    ),
  },
  {
    name: 'dead',
    what: 'no answer to anything, for five minutes',
    spells: [{ fromMin: 8, untilMin: 13 }],
    blow: inject([{ path: '*', drop: true, times: null }]),
  },
  {
    name: 'denied',
    what: '403 to every look, for ten minutes',
    spells: [{ fromMin: 6, untilMin: 16 }],
    blow: inject([
      {
        path: '/api/*/jobs/runs/*',
        status: 403,
        body: { error_code: 'PERMISSION_DENIED', message: 'User "simulated-client" does not have access.' },
        times: null,
      },
    ]),
  },
  {
    name: 'crowded',
    what: "others take the whole rate of run-now, for the night's first five minutes",
    spells: [{ fromMin: 0, untilMin: 5 }],
    blow: async ({ workspaces, scale }, workspace, forMs) => {
      await workspaces.controlsOf(workspace).defineJob({
        job_id: FOREIGN_JOB,
        name: 'foreign',
        tasks: [{ task_key: 'main', duration_ms: MINUTE_MS }],
        max_concurrent_runs: 1_000,
      })
      const origin = workspaces.urls[workspace] ?? ''
      await makeLoad('crowd', { origin, scale, perSecond: CROWD_PER_SECOND, forMs, jobId: FOREIGN_JOB })
    },
  },
]

/** Lets the storm blow; resolves with when it was over, epoch ms of the night's time. */
export async function weather(night: Night, { name, spells, blow }: Storm): Promise<number> {
  const { clock, scale } = night
  for (const { fromMin, untilMin } of spells) {
    await clock.sleep(Math.max(0, scale.origin + fromMin * MINUTE_MS - clock.now()))
    await blow(night, name, scale.origin + untilMin * MINUTE_MS - clock.now())
  }
  return clock.now()
}

function inject(faults: Fault[]): Storm['blow'] {
  return async ({ workspaces, clock }, workspace, forMs) => {
    const controls: WorkspaceControls = workspaces.controlsOf(workspace)
    for (const fault of faults) await controls.addFault(fault)
    await clock.sleep(forMs)
    await controls.clearFaults()
  }
}
