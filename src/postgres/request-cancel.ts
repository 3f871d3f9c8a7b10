import type { RunPort } from "../core/ports.ts";
import type { Database } from "./database.ts";
import { endPendingRuns } from "./end-pending-run.ts";
import { lockThread } from "./lock-thread.ts";
import { refreshStatus } from "./thread-status.ts";

export function createRequestCancel(db: Database): RunPort["requestCancel"] {
  const { s } = db;
  return (threadId, runIds, { action, at, requested }) =>
    db.transaction(async (query) => {
      const none = { ended: [], asked: [], reopened: [] };
      const thread = await lockThread(query, s, threadId);
      if (thread === undefined) return none;
      const { thread_no: threadNo } = thread;
      const rows = await query<{ run_no: number; run_id: string; status: string }>(
        `SELECT run_no, run_id, status FROM ${s}.runs
         WHERE thread_no = $1 AND status IN ('pending', 'running') AND ($2::text[] IS NULL OR run_id = ANY($2))
         ORDER BY run_no`,
        [threadNo, runIds ?? null],
      );
      if (rows.length === 0) return none;
      const ended = rows.filter(({ status }) => status === "pending");
      const asked = rows.filter(({ status }) => status === "running");
      const runNos = ended.map(({ run_no }) => run_no);
      const reopened = await endPendingRuns(query, s, { threadNo, runNos }, { at, requested });
      await query(
        `UPDATE ${s}.runs SET cancel_requested = CASE WHEN $2 = 'step' THEN coalesce(cancel_requested, $2) ELSE $2 END,
           updated_at = $3
         WHERE run_no = ANY($1)`,
        [asked.map(({ run_no }) => run_no), action, at],
      );
      await refreshStatus(query, s, { threadNo, at });
      return {
        ended: ended.map(({ run_id }) => run_id),
        asked: asked.map(({ run_id }) => run_id),
        reopened,
      };
    });
}
