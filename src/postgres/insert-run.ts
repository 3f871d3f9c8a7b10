import type { Claim, NewRun, RunRecord } from "../core/ports.ts";
import type { Query } from "./database.ts";
import { type RunRow, selectRuns, toRun } from "./rows.ts";

/** Inserts a run under its thread's lock, `pending` or, with a claim, `running` in its first attempt. */
export async function insertRun(
  query: Query,
  s: string,
  { threadNo, threadId }: { threadNo: number; threadId: string },
  { run, claim }: { run: NewRun; claim: Claim | undefined },
): Promise<{ runNo: number; run: RunRecord }> {
  const [row] = await query<RunRow>(
    `WITH run AS (
       INSERT INTO ${s}.runs (run_id, thread_no, graph_id, graph_version, assistant_id, kind, kwargs, metadata,
         multitask_strategy, status, attempt, lease_owner, lease_ms, lease_until, lease_limit, created_at, updated_at,
         started_at, not_before, webhook, webhook_on_interrupt, "user")
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $10::text IS NULL THEN 'pending' ELSE 'running' END,
         CASE WHEN $10::text IS NULL THEN 0 ELSE 1 END, $10::text, $11, ${after("$11")}, ${after("$12")}, $13::bigint, $13,
         CASE WHEN $10::text IS NULL THEN NULL ELSE $13::bigint END, $14, $15, $16, $17)
       RETURNING *
     ), active AS (
       UPDATE ${s}.threads t SET active_run_no = run.run_no, active_attempt = run.attempt
       FROM run WHERE t.thread_no = run.thread_no AND run.status = 'running'
     )
     SELECT * FROM run`,
    [
      ...[run.runId, threadNo, run.graphId, run.graphVersion, run.assistantId, run.kind],
      ...[JSON.stringify(run.kwargs), JSON.stringify(run.metadata), run.multitaskStrategy],
      ...[claim?.owner ?? null, claim?.leaseMs ?? null, claim?.runTimeoutMs ?? null, run.createdAt],
      ...[run.notBefore ?? null, run.webhook?.url ?? null, run.webhook?.onInterrupt ?? false],
      run.user ? JSON.stringify(run.user) : null,
    ],
  );
  const { run_no: runNo } = row as RunRow;
  return { runNo, run: toRun({ ...(row as RunRow), thread_id: threadId }) };
}

/** The instant so many ms from now, by the database's clock; null for null. */
export const after = (ms: string) => `clock_timestamp() + ${ms}::bigint * interval '1 ms'`;

/** The run that this actor's command with this key made before. */
export async function findByKey(
  query: Query,
  s: string,
  threadNo: number,
  { actorId, key }: { actorId: string; key: string },
): Promise<RunRecord | undefined> {
  const [row] = await query<RunRow>(
    `${selectRuns(s)} JOIN ${s}.commands c ON c.run_no = r.run_no
     WHERE c.thread_no = $1 AND c.actor_id = $2 AND c.idempotency_key = $3`,
    [threadNo, actorId, key],
  );
  return row && toRun(row);
}

export async function insertKey(
  query: Query,
  s: string,
  { threadNo, runNo }: { threadNo: number; runNo: number },
  { actorId, key }: { actorId: string; key: string },
): Promise<void> {
  await query(
    `INSERT INTO ${s}.commands (thread_no, actor_id, idempotency_key, run_no) VALUES ($1, $2, $3, $4)`,
    [threadNo, actorId, key, runNo],
  );
}
