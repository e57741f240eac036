import { parseJson } from '../../src/simulator/json.ts'
import { createSimulator, type Simulator, type SimulatorSettings } from '../../src/simulator/simulator.ts'

/** The fields of any answer that some test reads; ids beyond 2^53 are bigints. */
export interface Body {
  readonly error_code: string
  readonly message: string
  readonly run_id: number | bigint
  readonly job_id: number | bigint
  readonly task_key: string
  readonly attempt_number: number
  readonly state: { readonly life_cycle_state: string; readonly result_state?: string; readonly state_message: string }
  readonly status?: { readonly state: string; readonly termination_details?: Record<string, string> }
  readonly runs: readonly Body[]
  readonly jobs: readonly Body[]
  readonly tasks: readonly Body[]
  readonly next_page_token?: string
  readonly access_token: string
  readonly [field: string]: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Body
}

export interface Client extends Simulator {
  get(path: string): Promise<Answer>
  /** `body` is sent as it is when it is text. */
  post(path: string, body: unknown): Promise<Answer>
  /** Triggers a run of the job and returns its id. */
  run(jobId: string, fields?: object): Promise<string>
  read(runId: string | number | bigint): Promise<Body>
}

export const EPOCH = Date.UTC(2026, 0, 15)

/** A workspace whose time stands still but for `advance`, with a client that holds its access token. */
export async function openWorkspace(
  t: { teardown(close: () => Promise<void>): void },
  settings: SimulatorSettings = {},
): Promise<Client> {
  const clock = { now: () => EPOCH, sleep: async () => {} }
  const simulator = await createSimulator({ clock, ...settings })
  t.teardown(simulator.close)
  const headers = { authorization: `Bearer ${simulator.credentials.token}` }
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(new URL(path, `${simulator.url}/api/2.2/jobs/`), { headers, ...init })
    const text = await response.text()
    const body = response.headers.get('content-type')?.includes('json') ? (parseJson(text) as Body) : ({} as Body)
    return { status: response.status, headers: response.headers, text, body }
  }
  const get = (path: string) => call(path, {})
  const post = (path: string, body: unknown) =>
    call(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
  return {
    ...simulator,
    get,
    post,
    run: async (jobId, fields = {}) => {
      const rest = JSON.stringify(fields).slice(1)
      const { status, text, body } = await post('run-now', `{"job_id":${jobId}${rest === '}' ? '' : ','}${rest}`)
      if (status !== 200) throw new Error(`run-now answered ${status} ${text}`)
      return `${body.run_id}`
    },
    read: async (runId) => (await get(`runs/get?run_id=${runId}`)).body,
  }
}
