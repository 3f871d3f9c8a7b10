import type { Lease } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Query } from "./database.ts";
import type { ThreadRow } from "./rows.ts";

/**
 * The row of a thread is the lock under which everything of it is written. A statement that waits for it
 * sees other rows as they were before it waited, so it is taken first, in a statement of its own, and what
 * the row does not say is read after that.
 */
export async function lockThread(query: Query, s: string, threadId: string): Promise<ThreadRow | undefined> {
  const [row] = await query<ThreadRow>(`SELECT * FROM ${s}.threads WHERE thread_id = $1 FOR NO KEY UPDATE`, [
    threadId,
  ]);
  return row;
}

/** Locks the thread of a lease; throws `lease_lost` when the lease gives no right to write there any more. */
export async function lockLeased(
  query: Query,
  s: string,
  lease: Lease,
): Promise<{ threadNo: number; runNo: number; graphId: string }> {
  const [row] = await query<{ thread_no: number; active_run_no: number; graph_id: string }>(
    `SELECT t.thread_no, t.active_run_no, r.graph_id FROM ${s}.threads t JOIN ${s}.runs r ON r.run_id = $2
     WHERE t.thread_id = $1 AND t.active_run_no = r.run_no AND t.active_attempt = $3
     FOR NO KEY UPDATE OF t`,
    [lease.threadId, lease.runId, lease.attempt],
  );
  if (row === undefined) throw leaseLost(lease);
  return { threadNo: row.thread_no, runNo: row.active_run_no, graphId: row.graph_id };
}

export function leaseLost({ runId, attempt }: Lease): CountersignError {
  return new CountersignError(
    "lease_lost",
    `Attempt ${attempt} at run ${runId} no longer holds it. Stop; whoever holds it now goes on with it.`,
  );
}

export function noSuchThread(threadId: string): CountersignError {
  return new CountersignError("no_such_thread", `There is no thread ${threadId}. Create it first.`);
}
