import type { EventRecord, Fact, Lease, NewEvent } from "../core/ports.ts";
import { eventColumns, insertEvents, toEventColumns, toRecords } from "./append-events.ts";
import { hasNotCrashed, ServerCrashedError } from "./crash.ts";
import type { Database } from "./database.ts";
import { leaseLost, lockLeased } from "./lock-thread.ts";
import { writeFacts } from "./write-facts.ts";
import { recall } from "./writers.ts";

export function createRecordFacts(db: Database): (lease: Lease, facts: Fact[]) => Promise<EventRecord[]> {
  const { s } = db;
  return (lease, facts) => {
    const events = facts.flatMap((fact) => (fact.type === "event" ? [fact.event] : []));
    if (events.length === facts.length) return recordDeltas(db, lease, events);
    return db.transaction(
      async (query) => writeFacts(query, s, await lockLeased(query, s, lease), facts),
      "attempt",
    );
  };
}

/**
 * The path of tokens: the fence, the seqs, the rows and the writer's number in one statement that is a
 * transaction by itself, whose commit does not wait for the disk. The fence is on the thread's row, so a
 * statement that had to wait for it judges by what it says then.
 */
function recordDeltas(db: Database, lease: Lease, events: NewEvent[]): Promise<EventRecord[]> {
  const { s } = db;
  const isDue = "w.writer = $5 AND w.number < $6";
  const sql = `
    WITH counted AS (
      UPDATE ${s}.threads SET last_seq = last_seq + $4
      WHERE thread_id = $1 AND active_attempt = $3
        AND active_run_no = (SELECT run_no FROM ${s}.runs WHERE run_id = $2)
        AND ${hasNotCrashed(s)} AND EXISTS (SELECT 1 FROM ${s}.writers w WHERE ${isDue})
      RETURNING thread_no, active_run_no AS run_no, last_seq, last_seq - $4 AS seq_before
    ), marked AS (
      UPDATE ${s}.writers w SET number = $6, last_seq = counted.last_seq, used_at = clock_timestamp()
      FROM counted WHERE ${isDue} RETURNING set_config('synchronous_commit', 'off', true)
    ), thread AS (
      SELECT counted.* FROM counted, marked
    ), inserted AS (
      ${insertEvents(s, { runNo: "thread.run_no", columns: eventColumns(7) })}
    )
    SELECT last_seq FROM thread`;
  const columns = toEventColumns(events);
  return db.once(async (client, tried) => {
    const { writer } = tried;
    const fence = [lease.threadId, lease.runId, lease.attempt];
    const before = { ...tried };
    tried.isSent = true;
    const { rows } = await client.query<{ last_seq: number }>(sql, [
      ...fence,
      ...[events.length, writer.id, writer.number],
      ...columns,
    ]);
    const [row] = rows;
    if (row !== undefined) return toRecords(events, row.last_seq);
    tried.isSent = before.isSent;
    const { isCommitted, lastSeq } = await recall(client, s, tried);
    if (isCommitted) return toRecords(events, lastSeq);
    const { rows: fences } = await client.query(
      `SELECT 1 FROM ${s}.threads t JOIN ${s}.runs r ON r.run_no = t.active_run_no
       WHERE t.thread_id = $1 AND r.run_id = $2 AND t.active_attempt = $3`,
      fence,
    );
    if (fences.length === 0) throw leaseLost(lease);
    throw new ServerCrashedError(); // or somebody removed the writer's row: both are repaired before the next try
  }, "attempt");
}
