import type { RunPort } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Connection } from "./connection.ts";
import { createRefreshStatus } from "./thread-status.ts";

/** What is done to runs that nobody holds: those whose time comes, those to stop, those to forget. */
export function createLaterRuns({
  db,
  write,
}: Connection): Pick<RunPort, "wakeDue" | "listUnserved" | "listUnfinished" | "delete"> {
  const due = db
    .prepare<[number, number], number>(
      "SELECT DISTINCT thread_no FROM runs WHERE not_before <= ? AND status = 'pending' LIMIT ?",
    )
    .pluck();
  const wake = db.prepare(
    "UPDATE runs SET not_before = NULL WHERE thread_no = ? AND status = 'pending' AND not_before <= ?",
  );
  const find = db.prepare<[string, string], { run_no: number; status: string }>(
    `SELECT r.run_no, r.status FROM runs r JOIN threads t USING (thread_no)
     WHERE t.thread_id = ? AND r.run_id = ? AND r.is_deleted = 0`,
  );
  const forget = db.prepare("UPDATE runs SET is_deleted = 1 WHERE run_no = ?");
  const refreshStatus = createRefreshStatus(db);
  // From one graph to the next by the index, however many runs wait.
  const unserved = db
    .prepare<[string], string>(
      `WITH RECURSIVE waiting (graph_id) AS (
         SELECT min(graph_id) FROM runs WHERE ready = 1
         UNION ALL
         SELECT (SELECT min(r.graph_id) FROM runs r WHERE r.ready = 1 AND r.graph_id > waiting.graph_id)
         FROM waiting WHERE graph_id IS NOT NULL)
       SELECT graph_id FROM waiting WHERE graph_id NOT IN (SELECT value FROM json_each(?))`,
    )
    .pluck();

  return {
    async wakeDue(now, limit) {
      // Most of the time there is nothing: that costs no write.
      if (due.get(now, 1) === undefined) return 0;
      return write(() => {
        const threads = due.all(now, limit);
        for (const threadNo of threads) {
          wake.run(threadNo, now);
          refreshStatus(threadNo, now);
        }
        return threads.length;
      });
    },

    listUnserved: async (graphIds) => unserved.all(JSON.stringify(graphIds)),

    async listUnfinished({ owner, threadId, runIds, status, limit }) {
      const where = ["r.status IN ('pending', 'running')"];
      if (status) where.push("r.status = @status");
      if (threadId !== undefined) where.push("t.thread_id = @threadId");
      if (runIds) where.push("r.run_id IN (SELECT value FROM json_each(@runIds))");
      if (owner !== undefined) where.push("(t.owner IS NULL OR t.owner = @owner)");
      return db
        .prepare<[Record<string, unknown>], { threadId: string; runId: string }>(
          `SELECT t.thread_id AS threadId, r.run_id AS runId FROM runs r JOIN threads t USING (thread_no)
           WHERE ${where.join(" AND ")} ORDER BY r.run_no LIMIT @limit`,
        )
        .all({ owner, threadId, runIds: JSON.stringify(runIds ?? []), status, limit });
    },

    async delete(threadId, runId) {
      return write(() => {
        const run = find.get(threadId, runId);
        if (run === undefined) return false;
        if (run.status === "pending" || run.status === "running") {
          throw new CountersignError("state_busy", `Run ${runId} has not ended. Cancel it, then delete it.`);
        }
        forget.run(run.run_no);
        return true;
      });
    },
  };
}
