import type { CancelAction, Lease, RunPort } from "../core/ports.ts";
import { createAcceptRun } from "./accept-run.ts";
import { createClaimRun } from "./claim-run.ts";
import type { Connection } from "./connection.ts";
import { createEndPendingRun } from "./end-pending-run.ts";
import { createFinishRun } from "./finish-run.ts";
import { selectRuns } from "./insert-run.ts";
import { createLaterRuns } from "./later-runs.ts";
import { createRecordFacts } from "./record-facts.ts";
import { type RunRow, toRun } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";

export function createRunPort(connection: Connection): RunPort {
  const { db, write } = connection;
  const accept = createAcceptRun(connection);
  const holds = new Set<{ owner: string }>();
  const claim = createClaimRun(connection, holds);
  const record = createRecordFacts(connection);
  const finish = createFinishRun(connection);
  const refreshStatus = createRefreshStatus(db);

  const held = db
    .prepare<[string, number], string | null>(
      `SELECT cancel_requested FROM runs
       WHERE run_id = ? AND attempt = ? AND status = 'running' AND lease_owner IS NOT NULL`,
    )
    .pluck();
  const giveUp = db.prepare(
    `UPDATE runs SET lease_owner = NULL, lease_until = 0 WHERE run_id = ? AND attempt = ? AND status = 'running'`,
  );
  const unfinished = db.prepare<[string], RunRow>(
    `${selectRuns} WHERE t.thread_id = ? AND r.status IN ('pending', 'running') ORDER BY r.run_no`,
  );
  const endPending = createEndPendingRun(db);
  const askToStop = db.prepare(
    `UPDATE runs SET cancel_requested = CASE WHEN @action = 'step' THEN coalesce(cancel_requested, @action)
       ELSE @action END, updated_at = @at WHERE run_no = @runNo`,
  );
  const threadOf = db
    .prepare<[string], string>(
      "SELECT thread_id FROM runs JOIN threads USING (thread_no) WHERE run_id = ? AND is_deleted = 0",
    )
    .pluck();
  const byId = db.prepare<[string, string], RunRow>(
    `${selectRuns} WHERE t.thread_id = ? AND r.run_id = ? AND r.is_deleted = 0`,
  );
  const list = db.prepare<
    [{ threadId: string; status: string | null; limit: number; offset: number }],
    RunRow
  >(
    `${selectRuns} WHERE t.thread_id = @threadId AND r.is_deleted = 0 AND (@status IS NULL OR r.status = @status)
     ORDER BY r.run_no DESC LIMIT @limit OFFSET @offset`,
  );

  return {
    ...createLaterRuns(connection),
    accept: async (command) => accept(command),
    claim: async (command, running) => claim(command, running),
    record: async (lease, facts) => record(lease, facts),
    finish: async (lease, end) => finish(lease, end),

    // One process at a time holds the file: while it lives its word is enough, and no beat is needed.
    holdLeases(owner) {
      const hold = { owner };
      holds.add(hold);
      return async () => {
        holds.delete(hold);
      };
    },

    async review(leases) {
      const lost: Lease[] = [];
      const cancelled: { lease: Lease; action: CancelAction }[] = [];
      for (const lease of leases) {
        const action = held.get(lease.runId, lease.attempt);
        if (action === undefined) lost.push(lease);
        else if (action !== null) cancelled.push({ lease, action: action as CancelAction });
      }
      return { lost, cancelled };
    },

    async release(leases) {
      write(() => {
        for (const { runId, attempt } of leases) giveUp.run(runId, attempt);
      });
    },

    async requestCancel(threadId, runIds, { action, at, requested }) {
      return write(() => {
        const rows = unfinished.all(threadId).filter((row) => runIds?.includes(row.run_id) ?? true);
        const ended = rows.filter((row) => row.status === "pending");
        const asked = rows.filter((row) => row.status === "running");
        const reopened = ended.flatMap((row) =>
          endPending({ threadNo: row.thread_no, runNo: row.run_no }, at, requested),
        );
        for (const row of asked) askToStop.run({ action, at, runNo: row.run_no });
        const [first] = rows;
        if (first) refreshStatus(first.thread_no, at);
        return { ended: ended.map((row) => row.run_id), asked: asked.map((row) => row.run_id), reopened };
      });
    },

    async find(threadId, runId) {
      const row = byId.get(threadId, runId);
      return row && toRun(row);
    },

    locate: async (runId) => threadOf.get(runId),

    async list(threadId, { status, limit, offset }) {
      return list.all({ threadId, status: status ?? null, limit, offset }).map(toRun);
    },
  };
}
