import type { Query } from "./database.ts";

/**
 * Deletes events that a later one of the same `foldKey` says more completely, inside the caller's
 * transaction. Only what was appended since the last fold is looked at, and of earlier runs the states that
 * are out of date now: so the work is that of the run, however long the thread.
 */
export async function foldEvents(query: Query, s: string, threadNo: number): Promise<void> {
  const [thread] = await query<{ folded_seq: number; last_seq: number }>(
    `SELECT folded_seq, last_seq FROM ${s}.threads WHERE thread_no = $1`,
    [threadNo],
  );
  if (thread === undefined || thread.folded_seq === thread.last_seq) return;
  await query(
    `WITH said AS (
       SELECT fold_key, max(seq) AS last, bool_or(method IN ('values', 'checkpoints')) AS is_state
       FROM ${s}.events WHERE thread_no = $1 AND seq > $2 AND fold_key IS NOT NULL GROUP BY fold_key
     ), within AS (
       DELETE FROM ${s}.events e USING said
       WHERE e.thread_no = $1 AND e.seq > $2 AND e.fold_key = said.fold_key AND e.seq < said.last
     ), before AS (
       DELETE FROM ${s}.events e USING said
       WHERE said.is_state AND e.thread_no = $1 AND e.seq <= $2 AND e.fold_key = said.fold_key
         AND e.method IN ('values', 'checkpoints')
     )
     UPDATE ${s}.threads SET folded_seq = last_seq WHERE thread_no = $1`,
    [threadNo, thread.folded_seq],
  );
}
