import type { EventRecord, InterruptRecord, NewEvent } from "../core/ports.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Db } from "./connection.ts";
import { type InterruptRow, selectInterrupts, toInterrupt } from "./rows.ts";

/**
 * Ends a pending run as `interrupted`, inside the caller's transaction. What it was to answer is open
 * again, and asked again.
 */
export function createEndPendingRun(db: Db) {
  const end = db.prepare(
    "UPDATE runs SET status = 'interrupted', ready = 0, updated_at = ? WHERE run_no = ?",
  );
  const answeredBy = db.prepare<[number], InterruptRow>(
    `${selectInterrupts} WHERE i.answer_run_no = ? AND i.status IN ('answered', 'expired') ORDER BY i.interrupt_no`,
  );
  const reopen = db.prepare(
    `UPDATE interrupts SET status = 'open', answer = NULL, answered_by = NULL, answered_at = NULL, answer_run_no = NULL
     WHERE interrupt_no = ?`,
  );
  const append = createAppendEvents(db);

  return (
    { threadNo, runNo }: { threadNo: number; runNo: number },
    at: number,
    requested: (interrupt: InterruptRecord) => NewEvent,
  ): EventRecord[] => {
    end.run(at, runNo);
    return answeredBy.all(runNo).flatMap((row) => {
      reopen.run(row.interrupt_no);
      return append(threadNo, null, [{ ...requested(toInterrupt(row)), runId: null }]);
    });
  };
}
