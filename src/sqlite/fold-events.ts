import type { Db } from "./connection.ts";

/**
 * Deletes events that a later one of the same `foldKey` says more completely, inside the caller's
 * transaction. Only what was appended since the last fold is looked at, and of earlier runs the states that
 * are out of date now: so the work is that of the run, however long the thread.
 */
export function createFoldEvents(db: Db): (threadNo: number) => void {
  const within = db.prepare(
    `DELETE FROM events WHERE thread_no = @threadNo AND seq IN (
       SELECT seq FROM (
         SELECT seq, row_number() OVER (PARTITION BY fold_key ORDER BY seq DESC) AS place FROM events
         WHERE thread_no = @threadNo AND fold_key IS NOT NULL
           AND seq > (SELECT folded_seq FROM threads WHERE thread_no = @threadNo))
       WHERE place > 1)`,
  );
  const before = db.prepare(
    `DELETE FROM events WHERE thread_no = @threadNo AND seq IN (
       SELECT earlier.seq FROM threads t
       JOIN events later ON later.thread_no = t.thread_no AND later.seq > t.folded_seq
         AND later.fold_key IS NOT NULL AND later.method IN ('values', 'checkpoints')
       JOIN events earlier ON earlier.thread_no = t.thread_no AND earlier.fold_key = later.fold_key
         AND earlier.seq < later.seq AND earlier.method IN ('values', 'checkpoints')
       WHERE t.thread_no = @threadNo)`,
  );
  const remember = db.prepare("UPDATE threads SET folded_seq = last_seq WHERE thread_no = @threadNo");
  return (threadNo) => {
    within.run({ threadNo });
    before.run({ threadNo });
    remember.run({ threadNo });
  };
}
