/** Pauses of submissions, and the events that an auditor asks for. */
export const pausesAndAudit = [
  // scope: all, workspace or job; name: of what is paused, '' for all. until_at null: until somebody resumes it. A pause
  // that has ended stays until the next one there: the time up to its end does not count for the runs that it held.
  `create table pauses (
    scope text not null,
    name text not null,
    mode text not null,
    message text not null,
    until_at bigint,
    paused_by text not null,
    paused_at bigint not null,
    primary key (scope, name)
  )`,
  // Since when a pause has held the attempt back: that time does not count against its deadline.
  'alter table attempts add column held_since bigint',
  // All that a pause holds are found together, to go on when it ends.
  'create index attempts_held on attempts (workspace, job) where held_since is not null',

  // Nothing refers to the runs, which are kept for a shorter time. Ids sort by time.
  `create table audit_events (
    id text not null primary key,
    at bigint not null,
    action text not null,
    client text,
    key_id text,
    remote_address text,
    workspace text,
    job text,
    run_id text,
    attempt integer,
    ref text,
    result text not null,
    detail text
  )`,
  'create index audit_events_by_job on audit_events (job, id) where job is not null',
  'create index audit_events_by_client on audit_events (client, id) where client is not null',
  'create index audit_events_by_run on audit_events (run_id, id) where run_id is not null',
  // Nearly all events are triggers: they are found by time, the others by this.
  "create index audit_events_by_action on audit_events (action, id) where action <> 'trigger'",
]
