CREATE INDEX assignments_of_interrupt ON assignments (interrupt_no);

CREATE INDEX assistants_of_graph ON assistants (graph_id);

CREATE INDEX checkpoints_by_age ON checkpoints (thread_no, checkpoint_ns, checkpoint_no);

CREATE INDEX checkpoints_of_run ON checkpoints (run_no);

CREATE INDEX crons_due ON crons (next_at) WHERE enabled = 1 AND next_at IS NOT NULL;

CREATE INDEX crons_of_thread ON crons (thread_no) WHERE thread_no IS NOT NULL;

CREATE INDEX deliveries_due ON deliveries (due_at, delivery_no);

CREATE INDEX effects_unsettled ON effects (thread_no, started_at) WHERE status IN ('started', 'in_doubt');

CREATE INDEX events_of_state ON events (thread_no, fold_key, seq)
  WHERE fold_key IS NOT NULL AND method IN ('values', 'checkpoints');

CREATE INDEX interrupts_answered ON interrupts (thread_no, interrupt_no) WHERE answer IS NOT NULL;

CREATE INDEX interrupts_by_answer ON interrupts (answer_run_no) WHERE answer_run_no IS NOT NULL;

CREATE INDEX interrupts_by_id ON interrupts (interrupt_id);

CREATE INDEX interrupts_due ON interrupts (expires_at)
  WHERE status = 'open' AND expires_at IS NOT NULL AND on_expiry <> '{"type":"hold"}';

CREATE INDEX interrupts_of_thread ON interrupts (thread_no, interrupt_id, interrupt_no);

CREATE INDEX interrupts_open ON interrupts (interrupt_no) WHERE status = 'open';

CREATE INDEX interrupts_open_of_graph ON interrupts (graph_id, interrupt_no) WHERE status = 'open';

CREATE INDEX interrupts_open_of_owner ON interrupts (owner, interrupt_no) WHERE status = 'open';

CREATE INDEX items_by_update ON items (space, updated_at DESC, item_no DESC);

CREATE INDEX items_expiring ON items (expires_at) WHERE expires_at IS NOT NULL;

CREATE INDEX metadata_of_thread ON thread_metadata (thread_no);

CREATE UNIQUE INDEX one_active_run ON runs (thread_no) WHERE status = 'running';

CREATE UNIQUE INDEX one_open_row ON interrupts (thread_no, interrupt_id) WHERE status = 'open';

CREATE INDEX packs_of_thread ON packs (thread_no);

CREATE INDEX runs_delayed ON runs (not_before) WHERE not_before IS NOT NULL;

CREATE INDEX runs_of_thread ON runs (thread_no, run_no);

CREATE INDEX runs_ready ON runs (graph_id, kind DESC, run_no) WHERE ready = 1;

CREATE INDEX runs_ready_of_thread ON runs (thread_no) WHERE ready = 1;

CREATE INDEX runs_unfinished ON runs (status, run_no) WHERE status IN ('pending', 'running');

CREATE INDEX runs_unfinished_of_thread ON runs (thread_no, run_no) WHERE status IN ('pending', 'running');

CREATE INDEX runs_waiting ON runs (thread_no, kind DESC, run_no) WHERE status = 'pending' AND not_before IS NULL;

CREATE INDEX threads_by_creation ON threads (created_at DESC);

CREATE INDEX threads_by_owner ON threads (owner, updated_at DESC);

CREATE INDEX threads_by_status ON threads (status, updated_at DESC);

CREATE INDEX threads_by_update ON threads (updated_at DESC);

CREATE INDEX threads_expiring ON threads (updated_at + ttl_ms) WHERE ttl_ms IS NOT NULL;

CREATE TABLE assignments (
  assignee TEXT NOT NULL,
  interrupt_no INTEGER NOT NULL REFERENCES interrupts ON DELETE CASCADE,
  PRIMARY KEY (assignee, interrupt_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE assistant_versions (
  assistant_no INTEGER NOT NULL REFERENCES assistants ON DELETE CASCADE,
  version INTEGER NOT NULL,
  graph_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  config TEXT NOT NULL,
  context TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (assistant_no, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE assistants (
  assistant_no INTEGER PRIMARY KEY AUTOINCREMENT,
  assistant_id TEXT NOT NULL UNIQUE,
  owner TEXT,
  is_system INTEGER NOT NULL,
  -- The one it is at, of which the columns below are a copy.
  version INTEGER NOT NULL,
  graph_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  config TEXT NOT NULL,
  context TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE checkpoint_bodies (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  checkpoint_no INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (thread_no, checkpoint_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  -- The order they came in. Their ids hold the clock of whoever made them, and clocks are put back.
  checkpoint_no INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  checkpoint_ns TEXT NOT NULL,
  checkpoint_id TEXT NOT NULL,
  parent_id TEXT,
  run_no INTEGER,
  metadata TEXT NOT NULL,
  UNIQUE (thread_no, checkpoint_ns, checkpoint_id)
) STRICT;

CREATE TABLE commands (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  actor_id TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  run_no INTEGER NOT NULL,
  PRIMARY KEY (thread_no, actor_id, idempotency_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE contents (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  hash TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (thread_no, hash)
) STRICT;

CREATE TABLE crons (
  cron_no INTEGER PRIMARY KEY AUTOINCREMENT,
  cron_id TEXT NOT NULL UNIQUE,
  owner TEXT,
  user_id TEXT,
  thread_no INTEGER REFERENCES threads ON DELETE CASCADE,
  assistant_id TEXT NOT NULL,
  schedule TEXT NOT NULL,
  timezone TEXT,
  end_time INTEGER,
  enabled INTEGER NOT NULL,
  on_run_completed TEXT NOT NULL,
  metadata TEXT NOT NULL,
  payload TEXT NOT NULL,
  start TEXT NOT NULL,
  next_at INTEGER,
  ticked_at INTEGER,
  last_run_id TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  delivery_no INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  interrupt_id TEXT,
  url TEXT NOT NULL,
  body TEXT,
  attempt INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE effects (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  key TEXT NOT NULL,
  run_no INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  namespace TEXT NOT NULL,
  idempotent INTEGER NOT NULL,
  about TEXT NOT NULL,
  status TEXT NOT NULL,
  result TEXT NOT NULL DEFAULT 'null',
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (thread_no, key)
) STRICT;

CREATE TABLE events (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  run_no INTEGER,
  method TEXT NOT NULL,
  namespace TEXT NOT NULL,
  node TEXT,
  custom_name TEXT,
  at INTEGER NOT NULL,
  fold_key TEXT,
  is_ref INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (thread_no, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE interrupts (
  interrupt_no INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  interrupt_id TEXT NOT NULL,
  owner TEXT,
  source TEXT NOT NULL,
  effect_key TEXT,
  assignees TEXT,
  expires_at INTEGER,
  on_expiry TEXT NOT NULL,
  run_no INTEGER NOT NULL,
  graph_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  namespace TEXT NOT NULL,
  value TEXT NOT NULL,
  response_schema TEXT,
  digest TEXT NOT NULL,
  status TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  answer TEXT,
  answered_by TEXT,
  answered_at INTEGER,
  answer_run_no INTEGER
, is_void INTEGER NOT NULL DEFAULT 0, engine_id TEXT) STRICT;

CREATE TABLE items (
  item_no INTEGER PRIMARY KEY AUTOINCREMENT,
  space TEXT NOT NULL,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  ttl_ms INTEGER,
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (space, path, key)
) STRICT;

CREATE TABLE packed_bodies (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  checkpoint_no INTEGER NOT NULL,
  pack_no INTEGER NOT NULL,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (thread_no, checkpoint_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE packed_contents (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  hash TEXT NOT NULL,
  pack_no INTEGER NOT NULL,
  start INTEGER NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (thread_no, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE packed_events (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  last_seq INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (thread_no, last_seq)
) STRICT;

CREATE TABLE packs (
  pack_no INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  -- Bytes before they were compressed.
  size INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE replaced_writes (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  replaced_by INTEGER NOT NULL,
  checkpoint_ns TEXT NOT NULL,
  checkpoint_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  idx INTEGER NOT NULL,
  task_path TEXT NOT NULL,
  channel TEXT NOT NULL,
  hash TEXT NOT NULL,
  run_no INTEGER,
  PRIMARY KEY (thread_no, replaced_by, checkpoint_ns, checkpoint_id, task_id, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  run_no INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  graph_id TEXT NOT NULL,
  graph_version TEXT NOT NULL,
  assistant_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  kwargs TEXT NOT NULL,
  metadata TEXT NOT NULL,
  multitask_strategy TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  lease_until INTEGER,
  lease_limit INTEGER,
  cancel_requested TEXT,
  error TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
, started_at INTEGER, not_before INTEGER, webhook TEXT, webhook_on_interrupt INTEGER NOT NULL DEFAULT 0, is_deleted INTEGER NOT NULL DEFAULT 0, user TEXT, ready INTEGER NOT NULL DEFAULT 0, deflated_kwargs BLOB, acted INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE thread_metadata (
  key TEXT NOT NULL,
  value ANY NOT NULL,
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  PRIMARY KEY (key, value, thread_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE threads (
  thread_no INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_id TEXT NOT NULL UNIQUE,
  owner TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  state_updated_at INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  config TEXT NOT NULL DEFAULT '{}',
  status TEXT NOT NULL DEFAULT 'idle',
  error TEXT,
  last_seq INTEGER NOT NULL DEFAULT 0,
  -- Events up to here are folded.
  folded_seq INTEGER NOT NULL DEFAULT 0
, ttl_ms INTEGER, ttl_waits INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE writes (
  thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
  checkpoint_ns TEXT NOT NULL,
  checkpoint_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  idx INTEGER NOT NULL,
  task_path TEXT NOT NULL,
  channel TEXT NOT NULL,
  hash TEXT NOT NULL, run_no INTEGER,
  PRIMARY KEY (thread_no, checkpoint_ns, checkpoint_id, task_id, idx)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER assign AFTER INSERT ON interrupts WHEN new.status = 'open' BEGIN
  INSERT INTO assignments (assignee, interrupt_no)
    SELECT value, new.interrupt_no FROM json_each(coalesce(new.assignees, '[""]'));
END;

CREATE TRIGGER change_metadata AFTER UPDATE OF metadata ON threads WHEN new.metadata <> old.metadata BEGIN
  DELETE FROM thread_metadata WHERE thread_no = new.thread_no;
  INSERT INTO thread_metadata (key, value, thread_no)
    SELECT key, value, thread_no FROM metadata_members WHERE thread_no = new.thread_no;
END;

CREATE TRIGGER close AFTER UPDATE OF status ON interrupts WHEN old.status = 'open' AND new.status <> 'open' BEGIN
  DELETE FROM assignments WHERE interrupt_no = new.interrupt_no;
END;

CREATE TRIGGER note_metadata AFTER INSERT ON threads BEGIN
  INSERT INTO thread_metadata (key, value, thread_no)
    SELECT key, value, thread_no FROM metadata_members WHERE thread_no = new.thread_no;
END;

CREATE TRIGGER reopen AFTER UPDATE OF status ON interrupts WHEN old.status <> 'open' AND new.status = 'open' BEGIN
  INSERT INTO assignments (assignee, interrupt_no)
    SELECT value, new.interrupt_no FROM json_each(coalesce(new.assignees, '[""]'));
END;

CREATE TRIGGER tell_end AFTER UPDATE OF status ON runs
  WHEN new.webhook IS NOT NULL AND old.status IN ('pending', 'running') AND new.status NOT IN ('pending', 'running')
BEGIN
  INSERT INTO deliveries (thread_id, run_id, url)
    SELECT thread_id, new.run_id, new.webhook FROM threads WHERE thread_no = new.thread_no;
END;

CREATE TRIGGER tell_question AFTER INSERT ON interrupts WHEN new.status = 'open' BEGIN
  INSERT INTO deliveries (thread_id, run_id, interrupt_id, url)
    SELECT t.thread_id, r.run_id, new.interrupt_id, r.webhook FROM runs r JOIN threads t USING (thread_no)
    WHERE r.run_no = new.run_no AND r.webhook IS NOT NULL AND r.webhook_on_interrupt = 1;
END;

CREATE VIEW metadata_members AS
  SELECT t.thread_no, m.key, CASE m.type WHEN 'true' THEN x'01' WHEN 'false' THEN x'00' ELSE m.value END AS value
  FROM threads t, json_each(t.metadata) m
  WHERE m.type IN ('integer', 'true', 'false') OR (m.type = 'text' AND length(m.value) <= 200);
