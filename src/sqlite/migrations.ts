import type { Database } from "better-sqlite3";
import { CountersignError } from "../protocol/errors.ts";

/** Numbered and append-only: a released entry never changes. */
export const migrations: readonly string[] = [
  `
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
  ) STRICT;
  CREATE INDEX threads_by_update ON threads (updated_at DESC);
  CREATE INDEX threads_by_status ON threads (status, updated_at DESC);

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
  ) STRICT;
  CREATE INDEX runs_of_thread ON runs (thread_no, run_no);
  CREATE INDEX runs_unfinished ON runs (status, run_no) WHERE status IN ('pending', 'running');
  CREATE UNIQUE INDEX one_active_run ON runs (thread_no) WHERE status = 'running';

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
  -- Of folded runs, many to a row: the deflated JSON of a list of lists (see pack-events.ts).
  CREATE TABLE packed_events (
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    last_seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (thread_no, last_seq)
  ) STRICT;
  CREATE INDEX events_of_state ON events (thread_no, fold_key, seq)
    WHERE fold_key IS NOT NULL AND method IN ('values', 'checkpoints');

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
  ) STRICT;
  CREATE UNIQUE INDEX one_open_row ON interrupts (thread_no, interrupt_id) WHERE status = 'open';
  CREATE INDEX interrupts_of_thread ON interrupts (thread_no, interrupt_id, interrupt_no);
  CREATE INDEX interrupts_open ON interrupts (interrupt_no) WHERE status = 'open';
  CREATE INDEX interrupts_open_of_owner ON interrupts (owner, interrupt_no) WHERE status = 'open';
  CREATE INDEX interrupts_open_of_graph ON interrupts (graph_id, interrupt_no) WHERE status = 'open';
  CREATE INDEX interrupts_due ON interrupts (expires_at)
    WHERE status = 'open' AND expires_at IS NOT NULL AND on_expiry <> '{"type":"hold"}';
  CREATE INDEX interrupts_answered ON interrupts (thread_no, interrupt_no) WHERE answer IS NOT NULL;
  CREATE INDEX interrupts_by_answer ON interrupts (answer_run_no) WHERE answer_run_no IS NOT NULL;

  -- Who may answer an open interrupt; the assignee '' stands for everybody.
  CREATE TABLE assignments (
    assignee TEXT NOT NULL,
    interrupt_no INTEGER NOT NULL REFERENCES interrupts ON DELETE CASCADE,
    PRIMARY KEY (assignee, interrupt_no)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX assignments_of_interrupt ON assignments (interrupt_no);
  CREATE TRIGGER assign AFTER INSERT ON interrupts WHEN new.status = 'open' BEGIN
    INSERT INTO assignments (assignee, interrupt_no)
      SELECT value, new.interrupt_no FROM json_each(coalesce(new.assignees, '[""]'));
  END;
  CREATE TRIGGER close AFTER UPDATE OF status ON interrupts WHEN old.status = 'open' AND new.status <> 'open' BEGIN
    DELETE FROM assignments WHERE interrupt_no = new.interrupt_no;
  END;
  CREATE TRIGGER reopen AFTER UPDATE OF status ON interrupts WHEN old.status <> 'open' AND new.status = 'open' BEGIN
    INSERT INTO assignments (assignee, interrupt_no)
      SELECT value, new.interrupt_no FROM json_each(coalesce(new.assignees, '[""]'));
  END;

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

  CREATE TABLE checkpoints (
    -- The order they came in. Their ids hold the clock of whoever made them, and clocks are put back.
    checkpoint_no INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    checkpoint_ns TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    parent_id TEXT,
    run_no INTEGER,
    metadata TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (thread_no, checkpoint_ns, checkpoint_id)
  ) STRICT;
  CREATE INDEX checkpoints_by_age ON checkpoints (thread_no, checkpoint_ns, checkpoint_no);
  CREATE INDEX checkpoints_of_run ON checkpoints (run_no);

  CREATE TABLE writes (
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    checkpoint_ns TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    idx INTEGER NOT NULL,
    task_path TEXT NOT NULL,
    channel TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (thread_no, checkpoint_ns, checkpoint_id, task_id, idx)
  ) STRICT, WITHOUT ROWID;

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
  CREATE INDEX effects_unsettled ON effects (thread_no, started_at) WHERE status IN ('started', 'in_doubt');
  `,
  `
  ALTER TABLE threads ADD COLUMN ttl_ms INTEGER;
  CREATE INDEX threads_expiring ON threads (updated_at + ttl_ms) WHERE ttl_ms IS NOT NULL;

  ALTER TABLE runs ADD COLUMN started_at INTEGER;
  -- Pending runs are not to be started before; null when that has come.
  ALTER TABLE runs ADD COLUMN not_before INTEGER;
  ALTER TABLE runs ADD COLUMN webhook TEXT;
  ALTER TABLE runs ADD COLUMN webhook_on_interrupt INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN is_deleted INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX runs_delayed ON runs (not_before) WHERE not_before IS NOT NULL;

  -- Calls of webhooks to be made: for the end of a run, or for a question.
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
  CREATE INDEX deliveries_due ON deliveries (due_at, delivery_no);
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
  CREATE INDEX assistants_of_graph ON assistants (graph_id);

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

  -- path: the labels of the namespace, each with a dot behind it.
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
  CREATE INDEX items_by_update ON items (space, updated_at DESC, item_no DESC);
  CREATE INDEX items_expiring ON items (expires_at) WHERE expires_at IS NOT NULL;
  `,
  `
  -- An answer that is no receipt any more: the state was written after it.
  ALTER TABLE interrupts ADD COLUMN is_void INTEGER NOT NULL DEFAULT 0;
  UPDATE interrupts SET is_void = 1 WHERE answered_at < (
    SELECT metadata ->> '$.countersign_state_written_at' FROM threads t WHERE t.thread_no = interrupts.thread_no);
  UPDATE threads SET metadata = json_remove(metadata, '$.countersign_state_written_at')
    WHERE metadata ->> '$.countersign_state_written_at' IS NOT NULL;
  `,

  "CREATE INDEX interrupts_by_id ON interrupts (interrupt_id)",
  `
  ALTER TABLE runs ADD COLUMN user TEXT;
  -- Whether the time to live stands still while the thread waits for a person.
  ALTER TABLE threads ADD COLUMN ttl_waits INTEGER NOT NULL DEFAULT 0;

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
  CREATE INDEX crons_due ON crons (next_at) WHERE enabled = 1 AND next_at IS NOT NULL;
  CREATE INDEX crons_of_thread ON crons (thread_no) WHERE thread_no IS NOT NULL;
  `,
  `
  -- It is the next on its thread, and nothing is in its way: claiming looks at no other.
  ALTER TABLE runs ADD COLUMN ready INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX runs_ready ON runs (graph_id, kind DESC, run_no) WHERE ready = 1;
  CREATE INDEX runs_ready_of_thread ON runs (thread_no) WHERE ready = 1;
  CREATE INDEX runs_waiting ON runs (thread_no, kind DESC, run_no) WHERE status = 'pending' AND not_before IS NULL;
  UPDATE runs SET ready = 1 WHERE run_no IN (
    SELECT (SELECT r.run_no FROM runs r WHERE r.thread_no = t.thread_no AND r.status = 'pending' AND r.not_before IS NULL
        AND NOT EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = t.thread_no AND i.status = 'open'
          AND (r.kind = 'input' OR i.source = 'effect'))
      ORDER BY r.kind DESC, r.run_no LIMIT 1)
    FROM threads t WHERE NOT EXISTS (SELECT 1 FROM runs a WHERE a.thread_no = t.thread_no AND a.status = 'running'));

  CREATE INDEX threads_by_owner ON threads (owner, updated_at DESC);
  CREATE INDEX threads_by_creation ON threads (created_at DESC);
  -- Members of threads' metadata that are short texts, integers or booleans (as blobs), for the search.
  CREATE TABLE thread_metadata (
    key TEXT NOT NULL,
    value ANY NOT NULL,
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    PRIMARY KEY (key, value, thread_no)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX metadata_of_thread ON thread_metadata (thread_no);
  CREATE VIEW metadata_members AS
    SELECT t.thread_no, m.key, CASE m.type WHEN 'true' THEN x'01' WHEN 'false' THEN x'00' ELSE m.value END AS value
    FROM threads t, json_each(t.metadata) m
    WHERE m.type IN ('integer', 'true', 'false') OR (m.type = 'text' AND length(m.value) <= 200);
  INSERT INTO thread_metadata (key, value, thread_no) SELECT key, value, thread_no FROM metadata_members;
  CREATE TRIGGER note_metadata AFTER INSERT ON threads BEGIN
    INSERT INTO thread_metadata (key, value, thread_no)
      SELECT key, value, thread_no FROM metadata_members WHERE thread_no = new.thread_no;
  END;
  CREATE TRIGGER change_metadata AFTER UPDATE OF metadata ON threads WHEN new.metadata <> old.metadata BEGIN
    DELETE FROM thread_metadata WHERE thread_no = new.thread_no;
    INSERT INTO thread_metadata (key, value, thread_no)
      SELECT key, value, thread_no FROM metadata_members WHERE thread_no = new.thread_no;
  END;
  `,
  `
  -- What is not new of a thread's state: many contents, or the bodies of many checkpoints, compressed together.
  CREATE TABLE packs (
    pack_no INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    -- Bytes before they were compressed.
    size INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX packs_of_thread ON packs (thread_no);

  -- Contents that are in a pack, and in contents no more.
  CREATE TABLE packed_contents (
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    hash TEXT NOT NULL,
    pack_no INTEGER NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (thread_no, hash)
  ) STRICT, WITHOUT ROWID;

  -- The body of a checkpoint: by itself while it is new, then in a pack. Not in its row, which would keep its length.
  CREATE TABLE checkpoint_bodies (
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    checkpoint_no INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (thread_no, checkpoint_no)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO checkpoint_bodies (thread_no, checkpoint_no, body)
    SELECT thread_no, checkpoint_no, body FROM checkpoints ORDER BY thread_no, checkpoint_no;
  ALTER TABLE checkpoints DROP COLUMN body;
  CREATE TABLE packed_bodies (
    thread_no INTEGER NOT NULL REFERENCES threads ON DELETE CASCADE,
    checkpoint_no INTEGER NOT NULL,
    pack_no INTEGER NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (thread_no, checkpoint_no)
  ) STRICT, WITHOUT ROWID;

  -- What a run was given, once it has ended; then kwargs is empty.
  ALTER TABLE runs ADD COLUMN deflated_kwargs BLOB;
  `,
  `
  -- Whether it has begun to do something outside: then the answer that it carries stays.
  ALTER TABLE runs ADD COLUMN acted INTEGER NOT NULL DEFAULT 0;
  -- What the engine calls a question that is open again under an id of its own.
  ALTER TABLE interrupts ADD COLUMN engine_id TEXT;
  -- Who wrote it, and what a run that has not ended wrote over: so that it can be taken back.
  ALTER TABLE writes ADD COLUMN run_no INTEGER;
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
  `,
  `
  -- What is on of a thread, and waits: looked for at each start and end of a run, however many a thread has had.
  CREATE INDEX runs_unfinished_of_thread ON runs (thread_no, run_no) WHERE status IN ('pending', 'running');
  `,
];

/** The schema that this version writes. */
export const schemaVersion = migrations.length;

/**
 * Brings the schema up to date. The version lives in `user_version`, so a crash between two migrations
 * leaves a valid one. Throws `store_unavailable` for data written by a newer Countersign.
 */
export function migrate(db: Database): void {
  const current = db.pragma("user_version", { simple: true }) as number;
  if (current > migrations.length) {
    throw new CountersignError(
      "store_unavailable",
      `The data was written by a newer Countersign (schema ${current}, this one knows ${migrations.length}). Start the newer version, or choose another data directory.`,
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < current) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    }).immediate();
  }
}
