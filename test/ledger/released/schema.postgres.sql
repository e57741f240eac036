CREATE TABLE public.attempts (
    run_id text NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL,
    job text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    client text NOT NULL COLLATE pg_catalog."C",
    key_id text NOT NULL COLLATE pg_catalog."C",
    ref text COLLATE pg_catalog."C",
    remote_address text COLLATE pg_catalog."C",
    rerun_id text COLLATE pg_catalog."C",
    sent text NOT NULL COLLATE pg_catalog."C",
    parameters text NOT NULL COLLATE pg_catalog."C",
    workspace text NOT NULL COLLATE pg_catalog."C",
    workspace_host text NOT NULL COLLATE pg_catalog."C",
    databricks_job_id text NOT NULL COLLATE pg_catalog."C",
    token text NOT NULL COLLATE pg_catalog."C",
    request_body text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    result text NOT NULL COLLATE pg_catalog."C",
    cause text COLLATE pg_catalog."C",
    message text NOT NULL COLLATE pg_catalog."C",
    failure text COLLATE pg_catalog."C",
    cancel text COLLATE pg_catalog."C",
    repair text COLLATE pg_catalog."C",
    databricks_run_id text COLLATE pg_catalog."C",
    repair_id text COLLATE pg_catalog."C",
    run_url text COLLATE pg_catalog."C",
    recovered integer NOT NULL,
    life_cycle_state text COLLATE pg_catalog."C",
    result_state text COLLATE pg_catalog."C",
    termination_code text COLLATE pg_catalog."C",
    tasks text NOT NULL COLLATE pg_catalog."C",
    task_counts text COLLATE pg_catalog."C",
    tasks_observed_at bigint,
    created_at bigint NOT NULL,
    submit_deadline_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    observed_at bigint,
    queue_ms bigint,
    run_ms bigint,
    tries integer NOT NULL,
    tries_in_doubt integer NOT NULL,
    last_try_at bigint,
    missing_since bigint,
    missing_count integer NOT NULL,
    due_at bigint,
    told_at bigint,
    version integer NOT NULL
);
CREATE TABLE public.endings (
    job text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    result text NOT NULL COLLATE pg_catalog."C",
    cause text NOT NULL COLLATE pg_catalog."C",
    count bigint NOT NULL
);
CREATE TABLE public.expectations (
    job text NOT NULL COLLATE pg_catalog."C",
    since bigint NOT NULL
);
CREATE TABLE public.job_summaries (
    job text NOT NULL COLLATE pg_catalog."C",
    last_result text NOT NULL COLLATE pg_catalog."C",
    last_finished_at bigint NOT NULL,
    last_run_ms bigint,
    last_success_at bigint,
    recent_run_ms text DEFAULT '[]'::text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.kysely_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);
CREATE TABLE public.kysely_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.leases (
    name text NOT NULL COLLATE pg_catalog."C",
    holder text NOT NULL COLLATE pg_catalog."C",
    epoch integer NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.outputs (
    run_id text NOT NULL COLLATE pg_catalog."C",
    attempt integer NOT NULL,
    output text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.runs (
    id text NOT NULL COLLATE pg_catalog."C",
    job text NOT NULL COLLATE pg_catalog."C",
    client_id text NOT NULL COLLATE pg_catalog."C",
    key text COLLATE pg_catalog."C",
    key_slot text COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    rerun_ids text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    attempt integer NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    result text NOT NULL COLLATE pg_catalog."C",
    ref text COLLATE pg_catalog."C"
);
CREATE TABLE public.settings (
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.tombstones (
    run_id text NOT NULL COLLATE pg_catalog."C",
    job text NOT NULL COLLATE pg_catalog."C",
    client_id text NOT NULL COLLATE pg_catalog."C",
    key_slot text COLLATE pg_catalog."C",
    last_attempt integer NOT NULL,
    purged_at bigint NOT NULL
);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (run_id, number);
ALTER TABLE ONLY public.endings
    ADD CONSTRAINT endings_pkey PRIMARY KEY (job, state, result, cause);
ALTER TABLE ONLY public.expectations
    ADD CONSTRAINT expectations_pkey PRIMARY KEY (job);
ALTER TABLE ONLY public.job_summaries
    ADD CONSTRAINT job_summaries_pkey PRIMARY KEY (job);
ALTER TABLE ONLY public.kysely_migration_lock
    ADD CONSTRAINT kysely_migration_lock_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.outputs
    ADD CONSTRAINT outputs_pkey PRIMARY KEY (run_id, attempt);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (run_id);
CREATE INDEX attempts_active ON public.attempts USING btree (job, workspace, state, created_at, started_at, repair_id, kind) WHERE (result = ''::text);
CREATE INDEX attempts_by_databricks_run ON public.attempts USING btree (databricks_run_id) WHERE (databricks_run_id IS NOT NULL);
CREATE INDEX attempts_due_look ON public.attempts USING btree (workspace, due_at) WHERE ((due_at IS NOT NULL) AND (databricks_run_id IS NOT NULL));
CREATE INDEX attempts_due_submit ON public.attempts USING btree (workspace, due_at) WHERE ((due_at IS NOT NULL) AND (databricks_run_id IS NULL));
CREATE INDEX attempts_observed ON public.attempts USING btree (workspace, observed_at, created_at, databricks_run_id) WHERE ((result = ''::text) AND (databricks_run_id IS NOT NULL));
CREATE INDEX runs_by_client ON public.runs USING btree (client_id, id);
CREATE INDEX runs_by_client_result ON public.runs USING btree (client_id, result, id);
CREATE INDEX runs_by_client_state ON public.runs USING btree (client_id, state, id);
CREATE INDEX runs_by_job ON public.runs USING btree (job, id, client_id);
CREATE INDEX runs_by_job_result ON public.runs USING btree (job, result, id, client_id);
CREATE INDEX runs_by_job_state ON public.runs USING btree (job, state, id, client_id);
CREATE INDEX runs_by_key ON public.runs USING btree (key, id) WHERE (key IS NOT NULL);
CREATE UNIQUE INDEX runs_by_key_slot ON public.runs USING btree (key_slot);
CREATE INDEX runs_by_ref ON public.runs USING btree (ref, id) WHERE (ref IS NOT NULL);
CREATE INDEX runs_by_result ON public.runs USING btree (result, id);
CREATE INDEX runs_by_state ON public.runs USING btree (state, id);
CREATE INDEX tombstones_by_age ON public.tombstones USING btree (purged_at);
CREATE INDEX tombstones_by_key_slot ON public.tombstones USING btree (key_slot, run_id);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.outputs
    ADD CONSTRAINT outputs_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id) ON DELETE CASCADE;
