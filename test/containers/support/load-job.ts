/** A job whose runs begin at once, as many as are asked for, and last so long in turns. */
export function defineLoadJob(duration_ms: number[]) {
  return {
    job_id: '11',
    name: 'load',
    max_concurrent_runs: 1000,
    pending_ms: 0,
    cleanup_ms: 0,
    tasks: [{ task_key: 'main', duration_ms }],
  }
}
