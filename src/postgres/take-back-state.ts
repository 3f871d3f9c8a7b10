import type { UndoneAnswer } from "../core/ports.ts";
import type { Query } from "./database.ts";

/**
 * Brings a thread's state back to what it was before a run that has not ended, under the thread's lock: its
 * checkpoints and writes go, and what it wrote over comes back. The engine stands where it stood, with the ids it had,
 * so no task runs once more. What the run said of its states in the log goes with them.
 *
 * @returns Where the thread stands.
 */
export async function takeBackState(
  query: Query,
  s: string,
  { threadNo, runNo }: { threadNo: number; runNo: number },
): Promise<UndoneAnswer["head"]> {
  const gone = await query<{ ns: string; step: number | null }>(
    `DELETE FROM ${s}.checkpoints WHERE thread_no = $1 AND run_no = $2
     RETURNING checkpoint_ns AS ns, checkpoint_id, (metadata::jsonb ->> 'step')::integer AS step`,
    [threadNo, runNo],
  );
  // Also those on checkpoints of others; whatever is on its own was written by it.
  await query(`DELETE FROM ${s}.writes WHERE thread_no = $1 AND run_no = $2`, [threadNo, runNo]);
  await query(
    `WITH back AS (DELETE FROM ${s}.replaced_writes WHERE thread_no = $1 AND replaced_by = $2 RETURNING *)
     INSERT INTO ${s}.writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no)
     SELECT thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no FROM back`,
    [threadNo, runNo],
  );
  await query(
    `DELETE FROM ${s}.events WHERE thread_no = $1 AND run_no = $2 AND (is_ref OR method = 'checkpoints')`,
    [threadNo, runNo],
  );
  const [head] = await query<{ checkpointId: string; parentId: string | null; step: number | null }>(
    `SELECT checkpoint_id AS "checkpointId", parent_id AS "parentId", (metadata::jsonb ->> 'step')::integer AS step
     FROM ${s}.checkpoints WHERE thread_no = $1 AND checkpoint_ns = '' ORDER BY checkpoint_no DESC LIMIT 1`,
    [threadNo],
  );
  const shown = gone.flatMap(({ ns, step }) => (ns === "" ? [step ?? -1] : []));
  return head && { ...head, step: Math.max(head.step ?? -1, ...shown) };
}
