/** For SQLite and PostgreSQL alike: ids and JSON as text, instants as epoch milliseconds, booleans as 0 or 1. */
export const runs = [
  // state, result and ref are the latest attempt's, so that every list filter has an index.
  `create table runs (
    id text not null primary key,
    job text not null,
    client_id text not null,
    key text,
    key_slot text,
    created_at bigint not null,
    rerun_ids text not null,
    version integer not null,
    attempt integer not null,
    state text not null,
    result text not null,
    ref text
  )`,
  'create unique index runs_by_key_slot on runs (key_slot)',
  // Lists, newest first (ids sort by time): all, by job or by client; in any state, in one, or of one result. Those by
  // job hold the client, so that the runs of a job that few of its clients trigger are told apart without reading them
  // all. Of two indexes that SQLite takes for equally good it reads the one that was made first: those by state or
  // result, the narrower search, come before those without.
  'create index runs_by_state on runs (state, id)',
  'create index runs_by_result on runs (result, id)',
  'create index runs_by_client_state on runs (client_id, state, id)',
  'create index runs_by_client_result on runs (client_id, result, id)',
  'create index runs_by_key on runs (key, id) where key is not null',
  'create index runs_by_ref on runs (ref, id) where ref is not null',
  'create index runs_by_job_state on runs (job, state, id, client_id)',
  'create index runs_by_job_result on runs (job, result, id, client_id)',
  'create index runs_by_job on runs (job, id, client_id)',
  'create index runs_by_client on runs (client_id, id)',

  // job is the run's, for the index of active attempts.
  `create table attempts (
    run_id text not null references runs (id) on delete cascade,
    number integer not null,
    job text not null,
    kind text not null,
    client text not null,
    key_id text not null,
    ref text,
    remote_address text,
    rerun_id text,
    sent text not null,
    parameters text not null,
    workspace text not null,
    workspace_host text not null,
    databricks_job_id text not null,
    token text not null,
    request_body text not null,
    state text not null,
    result text not null,
    cause text,
    message text not null,
    failure text,
    cancel text,
    repair text,
    databricks_run_id text,
    repair_id text,
    run_url text,
    recovered integer not null,
    life_cycle_state text,
    result_state text,
    termination_code text,
    tasks text not null,
    task_counts text,
    tasks_observed_at bigint,
    created_at bigint not null,
    submit_deadline_at bigint not null,
    started_at bigint,
    finished_at bigint,
    observed_at bigint,
    queue_ms bigint,
    run_ms bigint,
    tries integer not null,
    tries_in_doubt integer not null,
    last_try_at bigint,
    missing_since bigint,
    missing_count integer not null,
    due_at bigint,
    told_at bigint,
    version integer not null,
    primary key (run_id, number)
  )`,
  // The steps that are due: to submit, or to look at the Databricks run.
  `create index attempts_due_submit on attempts (workspace, due_at)
    where due_at is not null and databricks_run_id is null`,
  `create index attempts_due_look on attempts (workspace, due_at)
    where due_at is not null and databricks_run_id is not null`,
  'create index attempts_by_databricks_run on attempts (databricks_run_id) where databricks_run_id is not null',
  // With what tells since when an unfinished attempt counts.
  `create index attempts_active on attempts (job, workspace, state, created_at, started_at, repair_id, kind)
    where result = ''`,
  `create index attempts_observed on attempts (workspace, observed_at, created_at, databricks_run_id)
    where result = '' and databricks_run_id is not null`,

  `create table outputs (
    run_id text not null references runs (id) on delete cascade,
    attempt integer not null,
    output text not null,
    primary key (run_id, attempt)
  )`,

  `create table endings (
    job text not null,
    state text not null,
    result text not null,
    cause text not null,
    count bigint not null,
    primary key (job, state, result, cause)
  )`,
  // recent_run_ms is JSON. Kept as runs end, so that no scrape reads the runs for them, and a rare job's are not purged.
  `create table job_summaries (
    job text not null primary key,
    last_result text not null,
    last_finished_at bigint not null,
    last_run_ms bigint,
    last_success_at bigint,
    recent_run_ms text not null default '[]'
  )`,
  `create table expectations (
    job text not null primary key,
    since bigint not null
  )`,

  `create table tombstones (
    run_id text not null primary key,
    job text not null,
    client_id text not null,
    key_slot text,
    last_attempt integer not null,
    purged_at bigint not null
  )`,
  'create index tombstones_by_key_slot on tombstones (key_slot, run_id)',
  // By age, so that those that are too old are found without reading the others.
  'create index tombstones_by_age on tombstones (purged_at)',

  `create table leases (
    name text not null primary key,
    holder text not null,
    epoch integer not null,
    expires_at bigint not null
  )`,
  `create table settings (
    name text not null primary key,
    value text not null
  )`,
]
