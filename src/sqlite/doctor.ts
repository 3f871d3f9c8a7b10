import { createHash } from "node:crypto";
import Database from "better-sqlite3";
import { canonicalJson } from "../protocol/json.ts";
import type { Db } from "./connection.ts";
import { findBadContent } from "./examine-contents.ts";
import { schemaVersion } from "./migrations.ts";

/** What one look at a database found. */
export interface Finding {
  /** What must hold. */
  promise: string;
  /** `note` says what will happen by itself. */
  level: "ok" | "note" | "broken";
  /** How many places, and the first of them. */
  detail?: string;
  advice?: string;
}

interface Check {
  promise: string;
  /** Selects the ids of what breaks the promise. */
  sql: string;
  level: "note" | "broken";
  advice: string;
}

const restore = "Stop the server and restore the last backup, or report it with this line.";

const checks: Check[] = [
  {
    promise: "A thread has at most one active run",
    sql: "SELECT thread_no AS id FROM runs WHERE status = 'running' GROUP BY thread_no HAVING count(*) > 1",
    level: "broken",
    advice: restore,
  },
  {
    promise: "Every answer has its actor, its time and its run",
    sql: `SELECT interrupt_id AS id FROM interrupts i WHERE status IN ('answered') AND
      (answer IS NULL OR answered_by IS NULL OR answered_at IS NULL
       OR NOT EXISTS (SELECT 1 FROM runs r WHERE r.run_no = i.answer_run_no))`,
    level: "broken",
    advice: restore,
  },
  {
    promise: "Every open question was told of in the log",
    sql: `SELECT interrupt_id AS id FROM interrupts i WHERE status = 'open' AND NOT EXISTS (
      SELECT 1 FROM events e WHERE e.thread_no = i.thread_no AND e.method = 'input.requested'
        AND e.data ->> '$.interrupt_id' = i.interrupt_id)`,
    level: "broken",
    advice: restore,
  },
  {
    promise: "Every open question of a graph is in the graph's own writes",
    sql: `SELECT interrupt_id AS id FROM interrupts i WHERE status = 'open' AND source = 'graph' AND NOT EXISTS (
      SELECT 1 FROM writes w WHERE w.thread_no = i.thread_no AND w.task_id = i.task_id AND w.channel = '__interrupt__')`,
    level: "broken",
    advice: "Cancel the question (POST /threads/:id/interrupts/:id/cancel) and start the thread's run again.",
  },
  {
    promise: "No event has a seq beyond its thread's last one",
    sql: `SELECT e.seq AS id FROM events e JOIN threads t USING (thread_no) WHERE e.seq > t.last_seq
      UNION ALL SELECT p.last_seq FROM packed_events p JOIN threads t USING (thread_no) WHERE p.last_seq > t.last_seq`,
    level: "broken",
    advice: restore,
  },
  {
    promise: "Every thread's status is what its runs and questions say",
    sql: `SELECT thread_id AS id FROM threads t WHERE status <> CASE
      WHEN EXISTS (SELECT 1 FROM runs r WHERE r.thread_no = t.thread_no
        AND (r.status = 'running' OR (r.status = 'pending' AND r.kind = 'resume' AND NOT EXISTS (
          SELECT 1 FROM interrupts i WHERE i.thread_no = r.thread_no AND i.status = 'open' AND i.source = 'effect'))))
        THEN 'busy'
      WHEN EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = t.thread_no AND i.status = 'open') THEN 'interrupted'
      WHEN EXISTS (SELECT 1 FROM runs r WHERE r.thread_no = t.thread_no AND r.status = 'pending'
        AND r.not_before IS NULL) THEN 'busy'
      WHEN t.error IS NOT NULL THEN 'error' ELSE 'idle' END`,
    level: "broken",
    advice: "The next run on the thread sets it right; report it with this line.",
  },
  {
    promise: "No run is left from a process that died",
    sql: "SELECT run_id AS id FROM runs WHERE status = 'running'",
    level: "note",
    advice: "Running now, or taken up again at the next start.",
  },
  {
    promise: "No run waits to be started",
    sql: "SELECT run_id || ' of graph ' || graph_id AS id FROM runs WHERE ready = 1",
    level: "note",
    advice:
      "It is started when a server that serves its graph is free. If the graph is gone, cancel the run.",
  },
  {
    promise: "No effect is in doubt",
    sql: `SELECT key AS id FROM effects WHERE status IN ('started', 'in_doubt') AND idempotent = 0`,
    level: "note",
    advice: "Running now, or asked about before its graph goes on.",
  },
];

/**
 * Looks at a database, also while a server uses it, and changes nothing.
 *
 * @param childrenOf - The hashes of the contents that a content is made of.
 */
export function examineDatabase(path: string, childrenOf: (bytes: Uint8Array) => string[]): Finding[] {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return [
      examineFile(db),
      ...checks.map((check) => runCheck(db, check)),
      ...examineContents(db, childrenOf),
      examineDigests(db),
    ];
  } finally {
    db.close();
  }
}

function examineFile(db: Db): Finding {
  const promise = "The file is whole, and of a schema that is known here";
  const version = db.pragma("user_version", { simple: true }) as number;
  const verdict = String(db.pragma("integrity_check", { simple: true }));
  const orphans = (db.pragma("foreign_key_check") as unknown[]).length;
  if (version < 1 || version > schemaVersion) {
    const detail = `schema ${version}; this Countersign knows 1 to ${schemaVersion}`;
    return { promise, level: "broken", detail, advice: "Use the version of Countersign that wrote it." };
  }
  if (verdict !== "ok") return { promise, level: "broken", detail: verdict, advice: restore };
  if (orphans > 0) {
    return { promise, level: "broken", detail: `${orphans} rows without their parent`, advice: restore };
  }
  return { promise, level: "ok" };
}

function runCheck(db: Db, { promise, sql, level, advice }: Check): Finding {
  const found = db
    .prepare<[], { id: unknown; total: number }>(`SELECT id, count(*) OVER () AS total FROM (${sql}) LIMIT 1`)
    .get();
  if (found === undefined) return { promise, level: "ok" };
  return { promise, level, detail: `${found.total}, first ${String(found.id)}`, advice };
}

/** Every content must be what its name, the hash of its bytes, says, and all that is made of it must have it. */
function examineContents(db: Db, childrenOf: (bytes: Uint8Array) => string[]): Finding[] {
  const { bad, missing } = findBadContent(db, childrenOf);
  const say = (promise: string, first: string | undefined): Finding =>
    first === undefined
      ? { promise, level: "ok" }
      : { promise, level: "broken", detail: `first ${first}`, advice: restore };
  return [
    say("Every state and every write has its content", missing),
    say("Every content is whole, and what its name says", bad),
  ];
}

function examineDigests(db: Db): Finding {
  const promise = "Every question's digest is that of what was shown";
  const rows = db.prepare<[], { digest: string; value: string }>("SELECT digest, value FROM interrupts");
  for (const { digest, value } of rows.iterate()) {
    const shown = createHash("sha256")
      .update(canonicalJson(JSON.parse(value)))
      .digest("hex");
    if (shown !== digest) return { promise, level: "broken", detail: `first ${digest}`, advice: restore };
  }
  return { promise, level: "ok" };
}
