PRAGMA application_id = 0x64626a67;
CREATE TABLE IF NOT EXISTS "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE IF NOT EXISTS "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
CREATE TABLE runs (
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
  );
CREATE UNIQUE INDEX runs_by_key_slot on runs (key_slot);
CREATE INDEX runs_by_state on runs (state, id);
CREATE INDEX runs_by_result on runs (result, id);
CREATE INDEX runs_by_client_state on runs (client_id, state, id);
CREATE INDEX runs_by_client_result on runs (client_id, result, id);
CREATE INDEX runs_by_key on runs (key, id) where key is not null;
CREATE INDEX runs_by_ref on runs (ref, id) where ref is not null;
CREATE INDEX runs_by_job_state on runs (job, state, id, client_id);
CREATE INDEX runs_by_job_result on runs (job, result, id, client_id);
CREATE INDEX runs_by_job on runs (job, id, client_id);
CREATE INDEX runs_by_client on runs (client_id, id);
CREATE TABLE attempts (
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
  );
CREATE INDEX attempts_due_submit on attempts (workspace, due_at)
    where due_at is not null and databricks_run_id is null;
CREATE INDEX attempts_due_look on attempts (workspace, due_at)
    where due_at is not null and databricks_run_id is not null;
CREATE INDEX attempts_by_databricks_run on attempts (databricks_run_id) where databricks_run_id is not null;
CREATE INDEX attempts_active on attempts (job, workspace, state, created_at, started_at, repair_id, kind)
    where result = '';
CREATE INDEX attempts_observed on attempts (workspace, observed_at, created_at, databricks_run_id)
    where result = '' and databricks_run_id is not null;
CREATE TABLE outputs (
    run_id text not null references runs (id) on delete cascade,
    attempt integer not null,
    output text not null,
    primary key (run_id, attempt)
  );
CREATE TABLE endings (
    job text not null,
    state text not null,
    result text not null,
    cause text not null,
    count bigint not null,
    primary key (job, state, result, cause)
  );
CREATE TABLE job_summaries (
    job text not null primary key,
    last_result text not null,
    last_finished_at bigint not null,
    last_run_ms bigint,
    last_success_at bigint,
    recent_run_ms text not null default '[]'
  );
CREATE TABLE expectations (
    job text not null primary key,
    since bigint not null
  );
CREATE TABLE tombstones (
    run_id text not null primary key,
    job text not null,
    client_id text not null,
    key_slot text,
    last_attempt integer not null,
    purged_at bigint not null
  );
CREATE INDEX tombstones_by_key_slot on tombstones (key_slot, run_id);
CREATE INDEX tombstones_by_age on tombstones (purged_at);
CREATE TABLE leases (
    name text not null primary key,
    holder text not null,
    epoch integer not null,
    expires_at bigint not null
  );
CREATE TABLE settings (
    name text not null primary key,
    value text not null
  );
