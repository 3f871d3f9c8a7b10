import type { RunError } from "../core/ports.ts";
import type { Db } from "./connection.ts";

/**
 * Derives `threads.status` from the rows it sums up, inside the caller's transaction:
 * an active run or an answer on its way is `busy` (one that waits for another about an effect is not on its way);
 * else an open question is `interrupted`, also when
 * queued input waits behind it; else queued input is `busy`; else the last run's outcome.
 *
 * And `runs.ready`: the pending run that may start next, so that claiming looks at no other. Input waits behind an
 * answer whose time has not come.
 */
export function createRefreshStatus(db: Db) {
  const refresh = db.prepare(
    `UPDATE threads SET
       updated_at = max(updated_at, @at),
       state_updated_at = CASE WHEN @stateChanged = 1 THEN max(state_updated_at, @at) ELSE state_updated_at END,
       error = @error,
       status = CASE
         WHEN EXISTS (SELECT 1 FROM runs r WHERE r.thread_no = threads.thread_no
                      AND r.status IN ('pending', 'running') AND (r.status = 'running' OR (r.kind = 'resume'
                        AND NOT EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = r.thread_no
                          AND i.status = 'open' AND i.source = 'effect')))) THEN 'busy'
         WHEN EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = threads.thread_no AND i.status = 'open')
           THEN 'interrupted'
         WHEN EXISTS (SELECT 1 FROM runs r WHERE r.thread_no = threads.thread_no AND r.status = 'pending'
           AND r.not_before IS NULL) THEN 'busy'
         WHEN @error IS NOT NULL THEN 'error'
         ELSE 'idle' END
     WHERE thread_no = @threadNo`,
  );
  const marked = db
    .prepare<[number], number>("SELECT run_no FROM runs WHERE thread_no = ? AND ready = 1")
    .pluck();
  const next = db
    .prepare<[{ threadNo: number }], number>(
      `SELECT r.run_no FROM runs r WHERE r.thread_no = @threadNo AND r.status = 'pending' AND r.not_before IS NULL
         AND NOT EXISTS (SELECT 1 FROM runs a WHERE a.thread_no = @threadNo AND a.status = 'running')
         AND NOT EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = @threadNo AND i.status = 'open'
           AND (r.kind = 'input' OR i.source = 'effect'))
         AND NOT (r.kind = 'input' AND EXISTS (SELECT 1 FROM runs a WHERE a.thread_no = @threadNo
           AND a.status = 'pending' AND a.kind = 'resume'))
       ORDER BY r.kind DESC, r.run_no LIMIT 1`,
    )
    .pluck();
  const mark = db.prepare("UPDATE runs SET ready = ? WHERE run_no = ?");

  function markReady(threadNo: number): void {
    const [before, now] = [marked.get(threadNo), next.get({ threadNo })];
    if (before === now) return;
    if (before !== undefined) mark.run(0, before);
    if (now !== undefined) mark.run(1, now);
  }

  return (threadNo: number, at: number, error: RunError | null = null, stateChanged = false): void => {
    refresh.run({
      threadNo,
      at,
      error: error === null ? null : JSON.stringify(error),
      stateChanged: stateChanged ? 1 : 0,
    });
    markReady(threadNo);
  };
}
