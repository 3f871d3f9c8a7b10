import type { EventRecord, Lease, RunEnd } from "../core/ports.ts";
import type { Database, Query } from "./database.ts";
import { foldEvents } from "./fold-events.ts";
import { lockLeased } from "./lock-thread.ts";
import { refreshStatus } from "./thread-status.ts";
import { writeFacts } from "./write-facts.ts";

export function createFinishRun(db: Database): (lease: Lease, end: RunEnd) => Promise<EventRecord[]> {
  const { s } = db;
  return (lease, end) =>
    db.transaction(async (query) => {
      const target = await lockLeased(query, s, lease);
      const { threadNo } = target;
      await closeInterrupts(query, s, target, end);
      const events = await writeFacts(query, s, target, end.facts);
      await endRun(query, s, target, end);
      await foldEvents(query, s, threadNo);
      await refreshStatus(query, s, { threadNo, at: end.at, error: end.error, hasNewState: true });
      return events;
    }, "attempt");
}

interface Held {
  threadNo: number;
  runNo: number;
}

async function closeInterrupts(
  query: Query,
  s: string,
  { threadNo, runNo }: Held,
  end: RunEnd,
): Promise<void> {
  if (end.supersede.length > 0) {
    await query(
      `UPDATE ${s}.interrupts SET status = 'superseded'
       WHERE thread_no = $1 AND interrupt_id = ANY($2) AND status = 'open'`,
      [threadNo, end.supersede],
    );
  }
  if (end.reopen.length > 0) {
    await query(
      `UPDATE ${s}.interrupts
       SET status = 'open', answer = NULL, answered_by = NULL, answered_at = NULL, answer_run_no = NULL
       WHERE thread_no = $1 AND interrupt_id = ANY($2) AND answer_run_no = $3 AND status IN ('answered', 'expired')`,
      [threadNo, end.reopen, runNo],
    );
  }
}

async function endRun(query: Query, s: string, { threadNo, runNo }: Held, end: RunEnd): Promise<void> {
  await query(
    `WITH ended AS (
       UPDATE ${s}.runs SET status = $3, error = $4, lease_owner = NULL, lease_ms = NULL, lease_until = NULL, lease_limit = NULL,
         updated_at = $5
       WHERE run_no = $2
     ), freed AS (
       DELETE FROM ${s}.replaced_writes WHERE thread_no = $1 AND replaced_by = $2
     )
     UPDATE ${s}.threads SET active_run_no = NULL, active_attempt = NULL WHERE thread_no = $1`,
    [threadNo, runNo, end.status, end.error === null ? null : JSON.stringify(end.error), end.at],
  );
}
