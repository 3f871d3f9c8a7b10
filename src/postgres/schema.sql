CREATE TABLE countersign.assistant_versions (
  assistant_no bigint NOT NULL,
  version integer NOT NULL,
  graph_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text,
  config text NOT NULL,
  context text NOT NULL,
  metadata jsonb NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT assistant_versions_assistant_no_fkey FOREIGN KEY (assistant_no) REFERENCES assistants(assistant_no) ON DELETE CASCADE,
  CONSTRAINT assistant_versions_pkey PRIMARY KEY (assistant_no, version)
);

CREATE TABLE countersign.assistants (
  assistant_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  assistant_id text COLLATE "C" NOT NULL,
  owner text COLLATE "C",
  is_system boolean NOT NULL,
  version integer NOT NULL,
  graph_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  description text,
  config text NOT NULL,
  context text NOT NULL,
  metadata jsonb NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT assistants_assistant_id_key UNIQUE (assistant_id),
  CONSTRAINT assistants_pkey PRIMARY KEY (assistant_no)
);

CREATE TABLE countersign.checkpoints (
  thread_no bigint NOT NULL,
  checkpoint_ns text COLLATE "C" NOT NULL,
  checkpoint_id text COLLATE "C" NOT NULL,
  parent_id text,
  run_no bigint,
  metadata text NOT NULL,
  body text NOT NULL,
  checkpoint_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  CONSTRAINT checkpoints_pkey PRIMARY KEY (thread_no, checkpoint_ns, checkpoint_id)
);

CREATE TABLE countersign.commands (
  thread_no bigint NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  run_no bigint NOT NULL,
  CONSTRAINT commands_pkey PRIMARY KEY (thread_no, actor_id, idempotency_key),
  CONSTRAINT commands_thread_no_fkey FOREIGN KEY (thread_no) REFERENCES threads(thread_no) ON DELETE CASCADE
);

CREATE TABLE countersign.contents (
  thread_no bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT contents_pkey PRIMARY KEY (thread_no, hash)
);

CREATE UNLOGGED TABLE countersign.crash_marker (
  is_there boolean NOT NULL,
  CONSTRAINT crash_marker_pkey PRIMARY KEY (is_there)
);

CREATE TABLE countersign.crons (
  cron_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  cron_id text COLLATE "C" NOT NULL,
  owner text COLLATE "C",
  user_id text COLLATE "C",
  thread_no bigint,
  assistant_id text COLLATE "C" NOT NULL,
  schedule text NOT NULL,
  timezone text,
  end_time bigint,
  enabled boolean NOT NULL,
  on_run_completed text NOT NULL,
  metadata jsonb NOT NULL,
  payload text NOT NULL,
  start text NOT NULL,
  next_at bigint,
  ticked_at bigint,
  last_run_id text COLLATE "C",
  version integer NOT NULL DEFAULT 1,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT crons_cron_id_key UNIQUE (cron_id),
  CONSTRAINT crons_pkey PRIMARY KEY (cron_no),
  CONSTRAINT crons_thread_no_fkey FOREIGN KEY (thread_no) REFERENCES threads(thread_no) ON DELETE CASCADE
);

CREATE TABLE countersign.deliveries (
  delivery_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  thread_id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  interrupt_id text COLLATE "C",
  url text NOT NULL,
  body text,
  attempt integer NOT NULL DEFAULT 0,
  due_at bigint NOT NULL DEFAULT 0,
  CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_no)
);

CREATE TABLE countersign.effects (
  thread_no bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  run_no bigint NOT NULL,
  attempt integer NOT NULL,
  namespace text NOT NULL,
  idempotent boolean NOT NULL,
  about text NOT NULL,
  status text COLLATE "C" NOT NULL,
  result text NOT NULL DEFAULT 'null'::text,
  started_at bigint NOT NULL,
  ended_at bigint,
  CONSTRAINT effects_pkey PRIMARY KEY (thread_no, key),
  CONSTRAINT effects_thread_no_fkey FOREIGN KEY (thread_no) REFERENCES threads(thread_no) ON DELETE CASCADE
);

CREATE TABLE countersign.events (
  thread_no bigint NOT NULL,
  seq bigint NOT NULL,
  run_no bigint,
  method text COLLATE "C" NOT NULL,
  namespace text NOT NULL,
  node text,
  custom_name text,
  at bigint NOT NULL,
  fold_key text COLLATE "C",
  is_ref boolean NOT NULL,
  data text NOT NULL,
  CONSTRAINT events_pkey PRIMARY KEY (thread_no, seq)
);

CREATE TABLE countersign.inbox (
  audience text COLLATE "C" NOT NULL,
  interrupt_no bigint NOT NULL,
  owner text COLLATE "C",
  graph_id text COLLATE "C" NOT NULL,
  CONSTRAINT inbox_interrupt_no_fkey FOREIGN KEY (interrupt_no) REFERENCES interrupts(interrupt_no) ON DELETE CASCADE,
  CONSTRAINT inbox_pkey PRIMARY KEY (audience, interrupt_no)
);

CREATE TABLE countersign.interrupts (
  interrupt_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  thread_no bigint NOT NULL,
  interrupt_id text COLLATE "C" NOT NULL,
  owner text COLLATE "C",
  source text COLLATE "C" NOT NULL,
  effect_key text,
  assignees text[],
  expires_at bigint,
  on_expiry text NOT NULL,
  run_no bigint NOT NULL,
  graph_id text COLLATE "C" NOT NULL,
  task_id text NOT NULL,
  namespace text NOT NULL,
  value text NOT NULL,
  response_schema text,
  digest text NOT NULL,
  status text COLLATE "C" NOT NULL,
  opened_at bigint NOT NULL,
  answer text,
  answered_by text,
  answered_at bigint,
  answer_run_no bigint,
  is_void boolean NOT NULL DEFAULT false,
  engine_id text COLLATE "C",
  CONSTRAINT interrupts_pkey PRIMARY KEY (interrupt_no),
  CONSTRAINT interrupts_thread_no_fkey FOREIGN KEY (thread_no) REFERENCES threads(thread_no) ON DELETE CASCADE
);

CREATE TABLE countersign.items (
  item_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  space text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text NOT NULL,
  ttl_ms bigint,
  expires_at bigint,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT items_pkey PRIMARY KEY (item_no),
  CONSTRAINT items_space_path_key_key UNIQUE (space, path, key)
);

CREATE TABLE countersign.migrations (
  number integer NOT NULL,
  is_breaking boolean NOT NULL,
  applied_at timestamp with time zone NOT NULL,
  CONSTRAINT migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE countersign.replaced_writes (
  thread_no bigint NOT NULL,
  replaced_by bigint NOT NULL,
  checkpoint_ns text COLLATE "C" NOT NULL,
  checkpoint_id text COLLATE "C" NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  idx integer NOT NULL,
  task_path text NOT NULL,
  channel text NOT NULL,
  hash text NOT NULL,
  run_no bigint,
  CONSTRAINT replaced_writes_pkey PRIMARY KEY (thread_no, replaced_by, checkpoint_ns, checkpoint_id, task_id, idx),
  CONSTRAINT replaced_writes_thread_no_fkey FOREIGN KEY (thread_no) REFERENCES threads(thread_no) ON DELETE CASCADE
);

CREATE TABLE countersign.runs (
  run_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  run_id text COLLATE "C" NOT NULL,
  thread_no bigint NOT NULL,
  graph_id text COLLATE "C" NOT NULL,
  graph_version text NOT NULL,
  assistant_id text NOT NULL,
  kind text COLLATE "C" NOT NULL,
  kwargs text NOT NULL,
  metadata text NOT NULL,
  multitask_strategy text NOT NULL,
  status text COLLATE "C" NOT NULL,
  ready boolean NOT NULL DEFAULT false,
  attempt integer NOT NULL DEFAULT 0,
  lease_owner text COLLATE "C",
  lease_ms bigint,
  lease_until timestamp with time zone,
  lease_limit timestamp with time zone,
  cancel_requested text,
  error text,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  started_at bigint,
  not_before bigint,
  webhook text,
  webhook_on_interrupt boolean NOT NULL DEFAULT false,
  is_deleted boolean NOT NULL DEFAULT false,
  user text,
  acted boolean NOT NULL DEFAULT false,
  CONSTRAINT runs_check CHECK (((NOT ready) OR (status = 'pending'::text))),
  CONSTRAINT runs_pkey PRIMARY KEY (run_no),
  CONSTRAINT runs_run_id_key UNIQUE (run_id),
  CONSTRAINT runs_thread_no_fkey FOREIGN KEY (thread_no) REFERENCES threads(thread_no) ON DELETE CASCADE
) WITH (fillfactor=80);

CREATE TABLE countersign.threads (
  thread_no bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  thread_id text COLLATE "C" NOT NULL,
  owner text COLLATE "C",
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  state_updated_at bigint NOT NULL,
  metadata jsonb NOT NULL,
  config text NOT NULL DEFAULT '{}'::text,
  status text COLLATE "C" NOT NULL DEFAULT 'idle'::text,
  error text,
  last_seq bigint NOT NULL DEFAULT 0,
  folded_seq bigint NOT NULL DEFAULT 0,
  active_run_no bigint,
  active_attempt integer,
  ttl_ms bigint,
  ttl_waits boolean NOT NULL DEFAULT false,
  CONSTRAINT threads_pkey PRIMARY KEY (thread_no),
  CONSTRAINT threads_thread_id_key UNIQUE (thread_id)
) WITH (fillfactor=70);

CREATE TABLE countersign.writers (
  writer uuid NOT NULL,
  number bigint NOT NULL,
  last_seq bigint NOT NULL DEFAULT 0,
  used_at timestamp with time zone NOT NULL,
  CONSTRAINT writers_pkey PRIMARY KEY (writer)
) WITH (fillfactor=50);

CREATE TABLE countersign.writes (
  thread_no bigint NOT NULL,
  checkpoint_ns text COLLATE "C" NOT NULL,
  checkpoint_id text COLLATE "C" NOT NULL,
  task_id text COLLATE "C" NOT NULL,
  idx integer NOT NULL,
  task_path text NOT NULL,
  channel text NOT NULL,
  hash text NOT NULL,
  run_no bigint,
  CONSTRAINT writes_pkey PRIMARY KEY (thread_no, checkpoint_ns, checkpoint_id, task_id, idx)
);

CREATE INDEX assistants_of_graph ON countersign.assistants USING btree (graph_id);
CREATE INDEX checkpoints_by_age ON countersign.checkpoints USING btree (thread_no, checkpoint_ns, checkpoint_no);
CREATE INDEX crons_due ON countersign.crons USING btree (next_at) WHERE (enabled AND (next_at IS NOT NULL));
CREATE INDEX crons_of_thread ON countersign.crons USING btree (thread_no) WHERE (thread_no IS NOT NULL);
CREATE INDEX deliveries_due ON countersign.deliveries USING btree (due_at, delivery_no);
CREATE INDEX effects_unsettled ON countersign.effects USING btree (thread_no, started_at) WHERE (status = ANY (ARRAY['started'::text, 'in_doubt'::text]));
CREATE INDEX events_of_state ON countersign.events USING btree (thread_no, fold_key, seq) WHERE ((fold_key IS NOT NULL) AND (method = ANY (ARRAY['values'::text, 'checkpoints'::text])));
CREATE INDEX inbox_of_graph ON countersign.inbox USING btree (audience, graph_id, interrupt_no);
CREATE INDEX inbox_of_interrupt ON countersign.inbox USING btree (interrupt_no);
CREATE INDEX inbox_of_owner ON countersign.inbox USING btree (audience, owner, interrupt_no);
CREATE INDEX inbox_of_owner_and_graph ON countersign.inbox USING btree (audience, owner, graph_id, interrupt_no);
CREATE INDEX interrupts_answered ON countersign.interrupts USING btree (thread_no, interrupt_no) WHERE (answer IS NOT NULL);
CREATE INDEX interrupts_by_answer ON countersign.interrupts USING btree (answer_run_no) WHERE (answer_run_no IS NOT NULL);
CREATE INDEX interrupts_by_id ON countersign.interrupts USING btree (interrupt_id);
CREATE INDEX interrupts_due ON countersign.interrupts USING btree (expires_at) WHERE ((status = 'open'::text) AND (expires_at IS NOT NULL) AND (on_expiry <> '{"type":"hold"}'::text));
CREATE INDEX interrupts_of_thread ON countersign.interrupts USING btree (thread_no, interrupt_id, interrupt_no);
CREATE INDEX items_by_update ON countersign.items USING btree (space, updated_at DESC, item_no DESC);
CREATE INDEX items_expiring ON countersign.items USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE UNIQUE INDEX one_active_run ON countersign.runs USING btree (thread_no) WHERE (status = 'running'::text);
CREATE UNIQUE INDEX one_open_row ON countersign.interrupts USING btree (thread_no, interrupt_id) WHERE (status = 'open'::text);
CREATE INDEX runs_delayed ON countersign.runs USING btree (not_before) WHERE (not_before IS NOT NULL);
CREATE INDEX runs_of_thread ON countersign.runs USING btree (thread_no, run_no);
CREATE INDEX runs_ready_of_graph ON countersign.runs USING btree (graph_id, kind DESC, run_no) WHERE ready;
CREATE INDEX runs_unfinished_of_thread ON countersign.runs USING btree (thread_no, run_no) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));
CREATE INDEX threads_by_metadata ON countersign.threads USING gin (metadata jsonb_path_ops);
CREATE INDEX threads_by_owner ON countersign.threads USING btree (owner, updated_at DESC);
CREATE INDEX threads_by_status ON countersign.threads USING btree (status, updated_at DESC);
CREATE INDEX threads_by_update ON countersign.threads USING btree (updated_at DESC);
CREATE INDEX threads_expiring ON countersign.threads USING btree (((updated_at + ttl_ms))) WHERE (ttl_ms IS NOT NULL);

CREATE OR REPLACE FUNCTION countersign.keep_inbox()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    IF new.status = 'open' THEN
      INSERT INTO "countersign".inbox (audience, interrupt_no, owner, graph_id)
      SELECT audience, new.interrupt_no, new.owner, new.graph_id FROM (
        SELECT '*' AS audience
        UNION SELECT '' WHERE new.assignees IS NULL
        UNION SELECT '=' || name FROM unnest(new.assignees) AS name
      ) AS audiences;
    ELSE
      DELETE FROM "countersign".inbox WHERE interrupt_no = new.interrupt_no;
    END IF;
    RETURN NULL;
  END $function$
;

CREATE OR REPLACE FUNCTION countersign.tell_end()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    INSERT INTO "countersign".deliveries (thread_id, run_id, url)
      SELECT thread_id, new.run_id, new.webhook FROM "countersign".threads WHERE thread_no = new.thread_no;
    RETURN NULL;
  END $function$
;

CREATE OR REPLACE FUNCTION countersign.tell_question()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    INSERT INTO "countersign".deliveries (thread_id, run_id, interrupt_id, url)
      SELECT t.thread_id, r.run_id, new.interrupt_id, r.webhook
      FROM "countersign".runs r JOIN "countersign".threads t USING (thread_no)
      WHERE r.run_no = new.run_no AND r.webhook IS NOT NULL AND r.webhook_on_interrupt;
    RETURN NULL;
  END $function$
;

CREATE TRIGGER asked AFTER INSERT ON countersign.interrupts FOR EACH ROW WHEN ((new.status = 'open'::text)) EXECUTE FUNCTION keep_inbox();
CREATE TRIGGER closed_or_reopened AFTER UPDATE OF status ON countersign.interrupts FOR EACH ROW WHEN (((old.status = 'open'::text) <> (new.status = 'open'::text))) EXECUTE FUNCTION keep_inbox();
CREATE TRIGGER tell_end AFTER UPDATE OF status ON countersign.runs FOR EACH ROW WHEN (((new.webhook IS NOT NULL) AND (old.status = ANY (ARRAY['pending'::text, 'running'::text])) AND (new.status <> ALL (ARRAY['pending'::text, 'running'::text])))) EXECUTE FUNCTION tell_end();
CREATE TRIGGER tell_question AFTER INSERT ON countersign.interrupts FOR EACH ROW WHEN ((new.status = 'open'::text)) EXECUTE FUNCTION tell_question();
