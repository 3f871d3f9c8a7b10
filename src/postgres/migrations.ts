/** One step of the schema. `isBreaking`: code that does not know it cannot work with it. */
export interface Migration {
  isBreaking: boolean;
  /** @param s - The schema as an SQL identifier. */
  sql: (s: string) => string;
}

/**
 * Numbered from 1 and append-only: a released entry never changes.
 *
 * JSON that is only handed back is `text`: it comes back as it was written, and holds what `jsonb` refuses.
 * Names and ids sort by their bytes. What is written under a thread's lock in great numbers has no foreign
 * keys: the lock is on the row they would check, each time.
 */
export const migrations: readonly Migration[] = [
  {
    isBreaking: true,
    sql: (s) => `
  CREATE TABLE ${s}.threads (
    thread_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id text COLLATE "C" NOT NULL UNIQUE,
    owner text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    state_updated_at bigint NOT NULL,
    metadata jsonb NOT NULL,
    config text NOT NULL DEFAULT '{}',
    status text COLLATE "C" NOT NULL DEFAULT 'idle',
    error text,
    last_seq bigint NOT NULL DEFAULT 0,
    -- Events up to here are folded.
    folded_seq bigint NOT NULL DEFAULT 0,
    -- The active run, and the attempt that may write: null when its lease was given up. They are here because
    -- this row is the lock: a statement that had to wait for it sees them as they are.
    active_run_no bigint,
    active_attempt integer
  ) WITH (fillfactor = 70);
  CREATE INDEX threads_by_update ON ${s}.threads (updated_at DESC);
  CREATE INDEX threads_by_status ON ${s}.threads (status, updated_at DESC);
  CREATE INDEX threads_by_owner ON ${s}.threads (owner, updated_at DESC);
  CREATE INDEX threads_by_metadata ON ${s}.threads USING gin (metadata jsonb_path_ops);

  CREATE TABLE ${s}.runs (
    run_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text COLLATE "C" NOT NULL UNIQUE,
    thread_no bigint NOT NULL REFERENCES ${s}.threads ON DELETE CASCADE,
    graph_id text COLLATE "C" NOT NULL,
    graph_version text NOT NULL,
    assistant_id text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    kwargs text NOT NULL,
    metadata text NOT NULL,
    multitask_strategy text NOT NULL,
    status text COLLATE "C" NOT NULL,
    -- It is the next on its thread, and nothing is in its way.
    ready boolean NOT NULL DEFAULT false CHECK (NOT ready OR status = 'pending'),
    attempt integer NOT NULL DEFAULT 0,
    lease_owner text COLLATE "C",
    lease_ms bigint,
    lease_until timestamptz,
    lease_limit timestamptz,
    cancel_requested text,
    error text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  ) WITH (fillfactor = 80);
  CREATE INDEX runs_of_thread ON ${s}.runs (thread_no, run_no);
  CREATE INDEX runs_pending ON ${s}.runs (thread_no, run_no) WHERE status = 'pending';
  CREATE INDEX runs_ready ON ${s}.runs (kind DESC, run_no) WHERE ready;
  CREATE UNIQUE INDEX one_active_run ON ${s}.runs (thread_no) WHERE status = 'running';

  CREATE TABLE ${s}.events (
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
    PRIMARY KEY (thread_no, seq)
  );
  CREATE INDEX events_of_state ON ${s}.events (thread_no, fold_key, seq)
    WHERE fold_key IS NOT NULL AND method IN ('values', 'checkpoints');

  CREATE TABLE ${s}.interrupts (
    interrupt_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_no bigint NOT NULL REFERENCES ${s}.threads ON DELETE CASCADE,
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
    answer_run_no bigint
  );
  CREATE UNIQUE INDEX one_open_row ON ${s}.interrupts (thread_no, interrupt_id) WHERE status = 'open';
  CREATE INDEX interrupts_of_thread ON ${s}.interrupts (thread_no, interrupt_id, interrupt_no);
  CREATE INDEX interrupts_due ON ${s}.interrupts (expires_at)
    WHERE status = 'open' AND expires_at IS NOT NULL AND on_expiry <> '{"type":"hold"}';
  CREATE INDEX interrupts_answered ON ${s}.interrupts (thread_no, interrupt_no) WHERE answer IS NOT NULL;
  CREATE INDEX interrupts_by_answer ON ${s}.interrupts (answer_run_no) WHERE answer_run_no IS NOT NULL;

  -- Each open interrupt once for everybody who looks at all of them ('*'), and once for each of its assignees
  -- ('=name'), or for those who look for their own when it has none (''). Whatever is asked for, the newest
  -- are the end of an index.
  CREATE TABLE ${s}.inbox (
    audience text COLLATE "C" NOT NULL,
    interrupt_no bigint NOT NULL REFERENCES ${s}.interrupts ON DELETE CASCADE,
    owner text COLLATE "C",
    graph_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (audience, interrupt_no)
  );
  CREATE INDEX inbox_of_owner ON ${s}.inbox (audience, owner, interrupt_no);
  CREATE INDEX inbox_of_graph ON ${s}.inbox (audience, graph_id, interrupt_no);
  CREATE INDEX inbox_of_owner_and_graph ON ${s}.inbox (audience, owner, graph_id, interrupt_no);
  CREATE INDEX inbox_of_interrupt ON ${s}.inbox (interrupt_no);

  CREATE FUNCTION ${s}.keep_inbox() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF new.status = 'open' THEN
      INSERT INTO ${s}.inbox (audience, interrupt_no, owner, graph_id)
      SELECT audience, new.interrupt_no, new.owner, new.graph_id FROM (
        SELECT '*' AS audience
        UNION SELECT '' WHERE new.assignees IS NULL
        UNION SELECT '=' || name FROM unnest(new.assignees) AS name
      ) AS audiences;
    ELSE
      DELETE FROM ${s}.inbox WHERE interrupt_no = new.interrupt_no;
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER asked AFTER INSERT ON ${s}.interrupts
    FOR EACH ROW WHEN (new.status = 'open') EXECUTE FUNCTION ${s}.keep_inbox();
  CREATE TRIGGER closed_or_reopened AFTER UPDATE OF status ON ${s}.interrupts
    FOR EACH ROW WHEN ((old.status = 'open') <> (new.status = 'open')) EXECUTE FUNCTION ${s}.keep_inbox();

  CREATE TABLE ${s}.commands (
    thread_no bigint NOT NULL REFERENCES ${s}.threads ON DELETE CASCADE,
    actor_id text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    run_no bigint NOT NULL,
    PRIMARY KEY (thread_no, actor_id, idempotency_key)
  );

  CREATE TABLE ${s}.contents (
    thread_no bigint NOT NULL,
    hash text COLLATE "C" NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (thread_no, hash)
  );

  CREATE TABLE ${s}.checkpoints (
    thread_no bigint NOT NULL,
    checkpoint_ns text COLLATE "C" NOT NULL,
    checkpoint_id text COLLATE "C" NOT NULL,
    parent_id text,
    run_no bigint,
    metadata text NOT NULL,
    body text NOT NULL,
    -- The order they came in. Their ids hold the clock of whoever made them, and no two clocks agree.
    checkpoint_no bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (thread_no, checkpoint_ns, checkpoint_id)
  );
  CREATE INDEX checkpoints_by_age ON ${s}.checkpoints (thread_no, checkpoint_ns, checkpoint_no);

  CREATE TABLE ${s}.writes (
    thread_no bigint NOT NULL,
    checkpoint_ns text COLLATE "C" NOT NULL,
    checkpoint_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    idx integer NOT NULL,
    task_path text NOT NULL,
    channel text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (thread_no, checkpoint_ns, checkpoint_id, task_id, idx)
  );

  CREATE TABLE ${s}.effects (
    thread_no bigint NOT NULL REFERENCES ${s}.threads ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    run_no bigint NOT NULL,
    attempt integer NOT NULL,
    namespace text NOT NULL,
    idempotent boolean NOT NULL,
    about text NOT NULL,
    status text COLLATE "C" NOT NULL,
    result text NOT NULL DEFAULT 'null',
    started_at bigint NOT NULL,
    ended_at bigint,
    PRIMARY KEY (thread_no, key)
  );
  CREATE INDEX effects_unsettled ON ${s}.effects (thread_no, started_at)
    WHERE status IN ('started', 'in_doubt');

  -- See writers.ts and crash.ts.
  CREATE TABLE ${s}.writers (
    writer uuid PRIMARY KEY,
    number bigint NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    used_at timestamptz NOT NULL
  ) WITH (fillfactor = 50);
  CREATE UNLOGGED TABLE ${s}.crash_marker (is_there boolean PRIMARY KEY);
  INSERT INTO ${s}.crash_marker VALUES (true);
  `,
  },
  {
    isBreaking: true,
    sql: (s) => `
  ALTER TABLE ${s}.threads ADD COLUMN ttl_ms bigint;
  CREATE INDEX threads_expiring ON ${s}.threads ((updated_at + ttl_ms)) WHERE ttl_ms IS NOT NULL;

  ALTER TABLE ${s}.runs ADD COLUMN started_at bigint,
    -- Pending runs are not to be started before; null when that has come.
    ADD COLUMN not_before bigint,
    ADD COLUMN webhook text,
    ADD COLUMN webhook_on_interrupt boolean NOT NULL DEFAULT false,
    ADD COLUMN is_deleted boolean NOT NULL DEFAULT false;
  CREATE INDEX runs_delayed ON ${s}.runs (not_before) WHERE not_before IS NOT NULL;

  -- Calls of webhooks to be made: for the end of a run, or for a question.
  CREATE TABLE ${s}.deliveries (
    delivery_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    interrupt_id text COLLATE "C",
    url text NOT NULL,
    body text,
    attempt integer NOT NULL DEFAULT 0,
    due_at bigint NOT NULL DEFAULT 0
  );
  CREATE INDEX deliveries_due ON ${s}.deliveries (due_at, delivery_no);
  CREATE FUNCTION ${s}.tell_end() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO ${s}.deliveries (thread_id, run_id, url)
      SELECT thread_id, new.run_id, new.webhook FROM ${s}.threads WHERE thread_no = new.thread_no;
    RETURN NULL;
  END $$;
  CREATE TRIGGER tell_end AFTER UPDATE OF status ON ${s}.runs FOR EACH ROW
    WHEN (new.webhook IS NOT NULL AND old.status IN ('pending', 'running')
      AND new.status NOT IN ('pending', 'running'))
    EXECUTE FUNCTION ${s}.tell_end();
  CREATE FUNCTION ${s}.tell_question() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO ${s}.deliveries (thread_id, run_id, interrupt_id, url)
      SELECT t.thread_id, r.run_id, new.interrupt_id, r.webhook
      FROM ${s}.runs r JOIN ${s}.threads t USING (thread_no)
      WHERE r.run_no = new.run_no AND r.webhook IS NOT NULL AND r.webhook_on_interrupt;
    RETURN NULL;
  END $$;
  CREATE TRIGGER tell_question AFTER INSERT ON ${s}.interrupts FOR EACH ROW
    WHEN (new.status = 'open') EXECUTE FUNCTION ${s}.tell_question();

  CREATE TABLE ${s}.assistants (
    assistant_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    assistant_id text COLLATE "C" NOT NULL UNIQUE,
    owner text COLLATE "C",
    is_system boolean NOT NULL,
    -- The one it is at, of which the columns below are a copy.
    version integer NOT NULL,
    graph_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text,
    config text NOT NULL,
    context text NOT NULL,
    metadata jsonb NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  );
  CREATE INDEX assistants_of_graph ON ${s}.assistants (graph_id);

  CREATE TABLE ${s}.assistant_versions (
    assistant_no bigint NOT NULL REFERENCES ${s}.assistants ON DELETE CASCADE,
    version integer NOT NULL,
    graph_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    description text,
    config text NOT NULL,
    context text NOT NULL,
    metadata jsonb NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (assistant_no, version)
  );

  -- path: the labels of the namespace, each with a dot behind it.
  CREATE TABLE ${s}.items (
    item_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space text COLLATE "C" NOT NULL,
    path text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text NOT NULL,
    ttl_ms bigint,
    expires_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (space, path, key)
  );
  CREATE INDEX items_by_update ON ${s}.items (space, updated_at DESC, item_no DESC);
  CREATE INDEX items_expiring ON ${s}.items (expires_at) WHERE expires_at IS NOT NULL;
  `,
  },
  {
    isBreaking: true,
    sql: (s) => `
  -- An answer that is no receipt any more: the state was written after it.
  ALTER TABLE ${s}.interrupts ADD COLUMN is_void boolean NOT NULL DEFAULT false;
  UPDATE ${s}.interrupts i SET is_void = true FROM ${s}.threads t
    WHERE t.thread_no = i.thread_no AND i.answered_at < (t.metadata ->> 'countersign_state_written_at')::bigint;
  UPDATE ${s}.threads SET metadata = metadata - 'countersign_state_written_at'
    WHERE metadata ? 'countersign_state_written_at';
  `,
  },
  {
    isBreaking: false,
    sql: (s) => `CREATE INDEX interrupts_by_id ON ${s}.interrupts (interrupt_id)`,
  },
  {
    isBreaking: true,
    sql: (s) => `
  ALTER TABLE ${s}.runs ADD COLUMN "user" text;
  -- Whether the time to live stands still while the thread waits for a person.
  ALTER TABLE ${s}.threads ADD COLUMN ttl_waits boolean NOT NULL DEFAULT false;

  CREATE TABLE ${s}.crons (
    cron_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cron_id text COLLATE "C" NOT NULL UNIQUE,
    owner text COLLATE "C",
    user_id text COLLATE "C",
    thread_no bigint REFERENCES ${s}.threads ON DELETE CASCADE,
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
    updated_at bigint NOT NULL
  );
  CREATE INDEX crons_due ON ${s}.crons (next_at) WHERE enabled AND next_at IS NOT NULL;
  CREATE INDEX crons_of_thread ON ${s}.crons (thread_no) WHERE thread_no IS NOT NULL;
  `,
  },
  {
    isBreaking: false,
    sql: (s) => `
  -- Of each graph its own first: processes that serve others are not in the way.
  CREATE INDEX runs_ready_of_graph ON ${s}.runs (graph_id, kind DESC, run_no) WHERE ready;
  DROP INDEX ${s}.runs_ready;
  `,
  },
  {
    isBreaking: true,
    sql: (s) => `
  -- Whether it has begun to do something outside: then the answer that it carries stays.
  ALTER TABLE ${s}.runs ADD COLUMN acted boolean NOT NULL DEFAULT false;
  -- What the engine calls a question that is open again under an id of its own.
  ALTER TABLE ${s}.interrupts ADD COLUMN engine_id text COLLATE "C";
  -- Who wrote it, and what a run that has not ended wrote over: so that it can be taken back.
  ALTER TABLE ${s}.writes ADD COLUMN run_no bigint;
  CREATE TABLE ${s}.replaced_writes (
    thread_no bigint NOT NULL REFERENCES ${s}.threads ON DELETE CASCADE,
    replaced_by bigint NOT NULL,
    checkpoint_ns text COLLATE "C" NOT NULL,
    checkpoint_id text COLLATE "C" NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    idx integer NOT NULL,
    task_path text NOT NULL,
    channel text NOT NULL,
    hash text NOT NULL,
    run_no bigint,
    PRIMARY KEY (thread_no, replaced_by, checkpoint_ns, checkpoint_id, task_id, idx)
  );
  `,
  },
  {
    isBreaking: false,
    sql: (s) => `
  -- What is on of a thread, and waits: looked for at each start and end of a run, however many a thread has had.
  CREATE INDEX runs_unfinished_of_thread ON ${s}.runs (thread_no, run_no) WHERE status IN ('pending', 'running');
  DROP INDEX ${s}.runs_pending;
  `,
  },
];
