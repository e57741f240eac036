/** What is kept for later than the runs themselves, and found again when it is too old. */
export const history = [
  // Tombstones by age, so that those that are too old are found without reading the others.
  'create index tombstones_by_age on tombstones (purged_at)',

  // JSON. Kept as runs end, so that no scrape reads the runs for them, and a rare job's are not purged.
  "alter table job_summaries add column recent_run_ms text not null default '[]'",
  'drop index attempts_run_time',

  // The same index with what tells since when an unfinished attempt counts.
  'drop index attempts_active',
  `create index attempts_active on attempts (job, workspace, state, created_at, started_at, repair_id, kind)
    where result = ''`,

  // With the client, so that the runs of a job that few of its clients trigger are told apart without reading them all.
  // Of two indexes that SQLite takes for equally good it reads the one that was made first: those by state or result,
  // the narrower search, come before those without.
  'drop index runs_by_job_state',
  'create index runs_by_job_state on runs (job, state, id, client_id)',
  'drop index runs_by_job_result',
  'create index runs_by_job_result on runs (job, result, id, client_id)',
  'drop index runs_by_job',
  'create index runs_by_job on runs (job, id, client_id)',
  'drop index runs_by_client',
  'create index runs_by_client on runs (client_id, id)',

  `create table expectations (
    job text not null primary key,
    since bigint not null
  )`,
]
