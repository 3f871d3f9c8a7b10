import type { Claim, NewRun, RunRecord } from "../core/ports.ts";
import type { Db } from "./connection.ts";
import { type RunRow, toRun } from "./rows.ts";

export const selectRuns = "SELECT r.*, t.thread_id FROM runs r JOIN threads t USING (thread_no)";

/** The instants of a lease that begins now. */
export function toLease(claim: Claim | undefined): { leaseUntil: number | null; leaseLimit: number | null } {
  if (claim === undefined) return { leaseUntil: null, leaseLimit: null };
  const now = Date.now();
  return { leaseUntil: now + claim.leaseMs, leaseLimit: now + claim.runTimeoutMs };
}

/** Inserts a run, `pending` or, with a claim, `running` in its first attempt. */
export function createInsertRun(db: Db) {
  const insert = db.prepare<[Record<string, unknown>], { run_no: number }>(
    `INSERT INTO runs (run_id, thread_no, graph_id, graph_version, assistant_id, kind, kwargs, metadata, multitask_strategy,
       status, attempt, lease_owner, lease_until, lease_limit, started_at, not_before, webhook, webhook_on_interrupt,
       user, created_at, updated_at)
     VALUES (@runId, @threadNo, @graphId, @graphVersion, @assistantId, @kind, @kwargs, @metadata, @multitaskStrategy,
       @status, @attempt, @owner, @leaseUntil, @leaseLimit, @startedAt, @notBefore, @webhook, @onInterrupt, @user,
       @createdAt, @createdAt)
     RETURNING run_no`,
  );
  const byNo = db.prepare<[number], RunRow>(`${selectRuns} WHERE r.run_no = ?`);

  return (threadNo: number, run: NewRun, claim: Claim | undefined): { runNo: number; run: RunRecord } => {
    const inserted = insert.get({
      ...run,
      threadNo,
      kwargs: JSON.stringify(run.kwargs),
      metadata: JSON.stringify(run.metadata),
      status: claim ? "running" : "pending",
      attempt: claim ? 1 : 0,
      owner: claim?.owner ?? null,
      startedAt: claim ? run.createdAt : null,
      notBefore: run.notBefore ?? null,
      webhook: run.webhook?.url ?? null,
      onInterrupt: run.webhook?.onInterrupt ? 1 : 0,
      user: run.user ? JSON.stringify(run.user) : null,
      ...toLease(claim),
    });
    const row = inserted && byNo.get(inserted.run_no);
    if (row === undefined) throw new Error("the run was not inserted");
    return { runNo: row.run_no, run: toRun(row) };
  };
}
