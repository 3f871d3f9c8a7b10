import type { CancelAction, Lease, RunPort } from "../core/ports.ts";
import { createAcceptRun } from "./accept-run.ts";
import { createClaimRun } from "./claim-run.ts";
import type { Database } from "./database.ts";
import { createFinishRun } from "./finish-run.ts";
import { createHoldLeases } from "./hold-leases.ts";
import { createLaterRuns } from "./later-runs.ts";
import type { Settings } from "./options.ts";
import { createRecordFacts } from "./record-facts.ts";
import { createRequestCancel } from "./request-cancel.ts";
import { type RunRow, selectRuns, toRun } from "./rows.ts";

export function createRunPort(db: Database, settings: Settings): RunPort {
  const { s } = db;
  return {
    ...createLaterRuns(db),
    accept: createAcceptRun(db),
    claim: createClaimRun(db),
    record: createRecordFacts(db),
    finish: createFinishRun(db),
    requestCancel: createRequestCancel(db),
    holdLeases: createHoldLeases(settings),
    review: createReview(db),
    release: createRelease(db),

    async find(threadId, runId) {
      const [row] = await db.run<RunRow>(
        `${selectRuns(s)} WHERE t.thread_id = $1 AND r.run_id = $2 AND NOT r.is_deleted`,
        [threadId, runId],
      );
      return row && toRun(row);
    },

    async locate(runId) {
      const [row] = await db.run<{ thread_id: string }>(
        `SELECT thread_id FROM ${s}.runs JOIN ${s}.threads USING (thread_no) WHERE run_id = $1 AND NOT is_deleted`,
        [runId],
      );
      return row?.thread_id;
    },

    async list(threadId, { status, limit, offset }) {
      const rows = await db.run<RunRow>(
        `${selectRuns(s)} WHERE t.thread_id = $1 AND NOT r.is_deleted AND ($2::text IS NULL OR r.status = $2)
         ORDER BY r.run_no DESC LIMIT $3 OFFSET $4`,
        [threadId, status ?? null, limit, offset],
      );
      return rows.map(toRun);
    },
  };
}

function createReview({ s, run }: Database): RunPort["review"] {
  return async (leases) => {
    const rows = await run<{ run_id: string; attempt: number; action: CancelAction | null }>(
      `SELECT r.run_id, t.active_attempt AS attempt, r.cancel_requested AS action
       FROM ${s}.runs r JOIN ${s}.threads t ON t.active_run_no = r.run_no
       WHERE r.run_id = ANY($1) AND r.status = 'running' AND t.active_attempt IS NOT NULL`,
      [leases.map(({ runId }) => runId)],
    );
    const held = new Map(rows.map((row) => [`${row.run_id}/${row.attempt}`, row.action]));
    const lost: Lease[] = [];
    const cancelled: { lease: Lease; action: CancelAction }[] = [];
    for (const lease of leases) {
      const action = held.get(`${lease.runId}/${lease.attempt}`);
      if (action === undefined) lost.push(lease);
      else if (action !== null) cancelled.push({ lease, action });
    }
    return { lost, cancelled };
  };
}

/** The runs stay active, so that nothing else starts on their threads; nobody may write for them. */
function createRelease(db: Database): RunPort["release"] {
  const { s } = db;
  return async (leases) => {
    if (leases.length === 0) return;
    const held = [leases.map(({ runId }) => runId), leases.map(({ attempt }) => attempt)];
    await db.transaction(async (query) => {
      await query(
        `WITH held AS (
           SELECT t.thread_no FROM ${s}.threads t JOIN ${s}.runs r ON r.run_no = t.active_run_no
           JOIN unnest($1::text[], $2::integer[]) AS l (run_id, attempt)
             ON l.run_id = r.run_id AND l.attempt = t.active_attempt
           ORDER BY t.thread_no FOR NO KEY UPDATE OF t
         ), fenced AS (
           UPDATE ${s}.threads t SET active_attempt = NULL FROM held WHERE t.thread_no = held.thread_no
           RETURNING t.active_run_no
         )
         UPDATE ${s}.runs r SET lease_owner = NULL, lease_ms = NULL, lease_until = NULL, lease_limit = NULL
         FROM fenced WHERE r.run_no = fenced.active_run_no`,
        held,
      );
    });
  };
}
