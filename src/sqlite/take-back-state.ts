import type { UndoneAnswer } from "../core/ports.ts";
import type { Db } from "./connection.ts";

/**
 * Brings a thread's state back to what it was before a run that has not ended, inside the caller's transaction: its
 * checkpoints and writes go, and what it wrote over comes back. The engine stands where it stood, with the ids it had,
 * so no task runs once more. What the run said of its states in the log goes with them.
 *
 * @returns Where the thread stands.
 */
export function createTakeBackState(db: Db): (threadNo: number, runNo: number) => UndoneAnswer["head"] {
  const highestStep = db
    .prepare<[number], number | null>(
      "SELECT max(metadata ->> '$.step') FROM checkpoints WHERE run_no = ? AND checkpoint_ns = ''",
    )
    .pluck();
  const ofRun = "SELECT checkpoint_no FROM checkpoints WHERE run_no = @runNo";
  const deletions = [
    `DELETE FROM checkpoint_bodies WHERE thread_no = @threadNo AND checkpoint_no IN (${ofRun})`,
    `DELETE FROM packed_bodies WHERE thread_no = @threadNo AND checkpoint_no IN (${ofRun})`,
    "DELETE FROM checkpoints WHERE thread_no = @threadNo AND run_no = @runNo",
    // Also those on checkpoints of others; whatever is on its own was written by it.
    "DELETE FROM writes WHERE thread_no = @threadNo AND run_no = @runNo",
    `INSERT INTO writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no)
     SELECT thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no FROM replaced_writes
     WHERE thread_no = @threadNo AND replaced_by = @runNo`,
    "DELETE FROM replaced_writes WHERE thread_no = @threadNo AND replaced_by = @runNo",
    `DELETE FROM events WHERE thread_no = @threadNo AND run_no = @runNo AND (is_ref = 1 OR method = 'checkpoints')`,
  ].map((sql) => db.prepare(sql));
  const head = db.prepare<[number], { checkpointId: string; parentId: string | null; step: number | null }>(
    `SELECT checkpoint_id AS checkpointId, parent_id AS parentId, metadata ->> '$.step' AS step FROM checkpoints
     WHERE thread_no = ? AND checkpoint_ns = '' ORDER BY checkpoint_no DESC LIMIT 1`,
  );
  return (threadNo, runNo) => {
    const shown = highestStep.get(runNo) ?? -1;
    for (const statement of deletions) statement.run({ threadNo, runNo });
    const stands = head.get(threadNo);
    return stands && { ...stands, step: Math.max(stands.step ?? -1, shown) };
  };
}
