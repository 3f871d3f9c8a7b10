import type { EventRecord, Lease, RunEnd } from "../core/ports.ts";
import type { Connection } from "./connection.ts";
import { createFence, createWriteFacts } from "./record-facts.ts";
import { createRefreshStatus } from "./thread-status.ts";

export function createFinishRun({ db, write }: Connection) {
  const end = db.prepare(
    `UPDATE runs SET status = ?, error = ?, lease_owner = NULL, lease_until = NULL, updated_at = ? WHERE run_no = ?`,
  );
  const reopen = db.prepare(
    `UPDATE interrupts SET status = 'open', answer = NULL, answered_by = NULL, answered_at = NULL, answer_run_no = NULL
     WHERE thread_no = ? AND interrupt_id = ? AND status = 'answered' AND answer_run_no = ?`,
  );
  const supersede = db.prepare(
    "UPDATE interrupts SET status = 'superseded' WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'",
  );
  /** Of the state of a namespace only the last is worth replaying (invariant 5). */
  const foldStates = db.prepare(
    `DELETE FROM events WHERE thread_no = @threadNo AND method IN ('values', 'checkpoints') AND seq < (
       SELECT max(later.seq) FROM events later
       WHERE later.thread_no = events.thread_no AND later.namespace = events.namespace
         AND later.method = events.method AND later.method IN ('values', 'checkpoints'))`,
  );
  const fence = createFence(db);
  const writeFacts = createWriteFacts(db);
  const refreshStatus = createRefreshStatus(db);

  return (lease: Lease, { status, error, facts, at, ...changes }: RunEnd): EventRecord[] =>
    write(() => {
      const target = fence(lease, at);
      for (const interruptId of changes.supersede) supersede.run(target.threadNo, interruptId);
      for (const interruptId of changes.reopen) reopen.run(target.threadNo, interruptId, target.runNo);
      const events = writeFacts(target, facts);
      end.run(status, error === null ? null : JSON.stringify(error), at, target.runNo);
      foldStates.run({ threadNo: target.threadNo });
      refreshStatus(target.threadNo, at, error, true);
      return events;
    });
}
