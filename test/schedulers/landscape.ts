import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'
import type { Test } from 'tap'
import { type InProcess, startInProcess } from '../support/in-process.ts'

const task = (duration_ms: number, more: object = {}) => [{ task_key: 'load', duration_ms, ...more }]
const shared = { pending_ms: 0, cleanup_ms: 0, max_concurrent_runs: 1000 }

/** Longer than one wait, which the gateway caps at 1 s. */
const SLOW_MS = 2_500

export interface Landscape extends InProcess {
  /** How schedulers reach the gateway: through a load balancer. */
  publicUrl: string
  /** The run of a key as it is; nobody is told by this. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails when it is not there
  look(key: string): Promise<any>
  /** Cancels the run of this key in Databricks as soon as it runs there. */
  cancelByHand(key: string): Promise<void>
}

/** A workspace with a job for each way to end, and a gateway that knows these schedulers. */
export async function startLandscape(t: Test, clients: Record<string, Record<string, unknown>>): Promise<Landscape> {
  let gatewayUrl = ''
  const balancer = fastify({ forceCloseConnections: true })
  await balancer.register(httpProxy, { upstream: '', replyOptions: { getUpstream: () => gatewayUrl } })
  const publicUrl = await balancer.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => balancer.close())

  const gateway = await startInProcess(t, {
    server: { max_wait_seconds: 1, public_url: publicUrl },
    workspace: {
      jobs: [
        { ...shared, job_id: '11', name: 'good', tasks: task(100) },
        { ...shared, job_id: '12', name: 'bad', tasks: task(100, { outcome: 'failed', error: 'boom' }) },
        { ...shared, job_id: '13', name: 'canceled', tasks: task(600_000) },
        { ...shared, job_id: '14', name: 'slow', tasks: task(SLOW_MS) },
        { ...shared, job_id: '15', name: 'slow-bad', tasks: task(SLOW_MS, { outcome: ['failed', 'success'] }) },
      ],
      options: { cancel_ms: 0 },
    },
    jobs: {
      good: { job_id: '11' },
      bad: { job_id: '12' },
      canceled: { job_id: '13' },
      slow: { job_id: '14' },
      'slow-bad': { job_id: '15' },
    },
    clients: { ...clients, watcher: { permissions: ['read'] } },
  })
  gatewayUrl = gateway.url
  const { simulator } = gateway

  const look = async (key: string) => (await gateway.call('watcher', 'GET', `/runs?key=${key}`)).body.runs[0]
  return {
    ...gateway,
    publicUrl,
    look,
    async cancelByHand(key) {
      let run = await look(key)
      while (run?.state !== 'RUNNING') run = await look(key)
      const response = await fetch(`${simulator.url}/api/2.2/jobs/runs/cancel`, {
        method: 'POST',
        headers: { authorization: `Bearer ${simulator.credentials.token}` },
        body: `{"run_id":${run.databricks_run_id}}`,
      })
      if (!response.ok) throw new Error(await response.text())
    },
  }
}
