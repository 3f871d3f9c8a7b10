import type { RunPort } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import { lockThread } from "./lock-thread.ts";
import { refreshStatus } from "./thread-status.ts";

/** What is done to runs that nobody holds: those whose time comes, those to stop, those to forget. */
export function createLaterRuns(
  db: Database,
): Pick<RunPort, "wakeDue" | "listUnserved" | "listUnfinished" | "delete"> {
  const { s } = db;
  return {
    async wakeDue(now, limit) {
      const due = await db.run<{ thread_id: string }>(
        `SELECT DISTINCT t.thread_id FROM ${s}.runs r JOIN ${s}.threads t USING (thread_no)
         WHERE r.not_before <= $1 AND r.status = 'pending' LIMIT $2`,
        [now, limit],
      );
      for (const { thread_id: threadId } of due) {
        await db.transaction(async (query) => {
          const thread = await lockThread(query, s, threadId);
          if (thread === undefined) return;
          const { thread_no: threadNo } = thread;
          await query(
            `UPDATE ${s}.runs SET not_before = NULL WHERE thread_no = $1 AND status = 'pending' AND not_before <= $2`,
            [threadNo, now],
          );
          await refreshStatus(query, s, { threadNo, at: now });
        });
      }
      return due.length;
    },

    async listUnserved(graphIds) {
      // From one graph to the next by the index, however many runs wait.
      const rows = await db.run<{ graph_id: string }>(
        `WITH RECURSIVE waiting (graph_id) AS (
           (SELECT graph_id FROM ${s}.runs WHERE ready ORDER BY graph_id LIMIT 1)
           UNION ALL
           SELECT (SELECT r.graph_id FROM ${s}.runs r WHERE r.ready AND r.graph_id > waiting.graph_id
             ORDER BY r.graph_id LIMIT 1)
           FROM waiting WHERE graph_id IS NOT NULL)
         SELECT graph_id FROM waiting WHERE graph_id <> ALL($1)`,
        [graphIds],
      );
      return rows.map(({ graph_id }) => graph_id);
    },

    async listUnfinished({ owner, threadId, runIds, status, limit }) {
      const rows = await db.run<{ threadId: string; runId: string }>(
        `SELECT t.thread_id AS "threadId", r.run_id AS "runId" FROM ${s}.runs r JOIN ${s}.threads t USING (thread_no)
         WHERE r.status IN ('pending', 'running') AND ($1::text IS NULL OR t.owner IS NULL OR t.owner = $1)
           AND ($2::text IS NULL OR t.thread_id = $2) AND ($3::text[] IS NULL OR r.run_id = ANY($3))
           AND ($4::text IS NULL OR r.status = $4)
         ORDER BY r.run_no LIMIT $5`,
        [owner ?? null, threadId ?? null, runIds ?? null, status ?? null, limit],
      );
      return rows;
    },

    delete: (threadId, runId) =>
      db.transaction(async (query) => {
        const thread = await lockThread(query, s, threadId);
        const [run] = await query<{ run_no: number; status: string }>(
          `SELECT run_no, status FROM ${s}.runs WHERE thread_no = $1 AND run_id = $2 AND NOT is_deleted`,
          [thread?.thread_no ?? null, runId],
        );
        if (run === undefined) return false;
        if (run.status === "pending" || run.status === "running") throw unfinished(runId);
        await query(`UPDATE ${s}.runs SET is_deleted = true WHERE run_no = $1`, [run.run_no]);
        return true;
      }),
  };
}

function unfinished(runId: string): CountersignError {
  return new CountersignError("state_busy", `Run ${runId} has not ended. Cancel it, then delete it.`);
}
