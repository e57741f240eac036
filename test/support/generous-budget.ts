/** So many requests per second that nobody waits for a turn. */
export const GENEROUS_BUDGET = {
  run_now: 100_000,
  cancel: 100_000,
  repair: 100_000,
  runs_get: 100_000,
  runs_list: 100_000,
  get_output: 100_000,
  jobs_get: 100_000,
  jobs_list: 100_000,
}
