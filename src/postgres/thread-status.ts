import type { RunError } from "../core/ports.ts";
import type { Query } from "./database.ts";

/**
 * Derives what sums up a thread's rows, inside the caller's transaction and under the thread's lock.
 *
 * `threads.status`: an active run or an answer on its way is `busy` (one that waits for another about an
 * effect is not on its way); else an open question is `interrupted`, also when queued input waits behind it;
 * else queued input is `busy`; else the last run's outcome.
 * `runs.ready`: the pending run that may start next, so that claiming looks at no other. Input waits behind an
 * answer whose time has not come.
 */
export async function refreshStatus(
  query: Query,
  s: string,
  { threadNo, at, error = null, hasNewState = false }: StatusChange,
): Promise<void> {
  await query(
    `WITH next AS (
       SELECT r.run_no FROM ${s}.threads t JOIN ${s}.runs r USING (thread_no)
       WHERE t.thread_no = $1 AND t.active_run_no IS NULL AND r.status = 'pending' AND r.not_before IS NULL AND NOT EXISTS (
         SELECT 1 FROM ${s}.interrupts i
         WHERE i.thread_no = $1 AND i.status = 'open' AND (r.kind = 'input' OR i.source = 'effect'))
         AND NOT (r.kind = 'input' AND EXISTS (
           SELECT 1 FROM ${s}.runs a WHERE a.thread_no = $1 AND a.status = 'pending' AND a.kind = 'resume'))
       ORDER BY r.kind DESC, r.run_no LIMIT 1
     ), marked AS (
       UPDATE ${s}.runs SET ready = run_no IN (SELECT run_no FROM next)
       WHERE thread_no = $1 AND status = 'pending' AND ready <> (run_no IN (SELECT run_no FROM next))
     )
     UPDATE ${s}.threads t SET
       updated_at = greatest(updated_at, $2),
       state_updated_at = CASE WHEN $4 THEN greatest(state_updated_at, $2) ELSE state_updated_at END,
       error = $3::text,
       status = CASE
         WHEN active_run_no IS NOT NULL OR EXISTS (
           SELECT 1 FROM ${s}.runs WHERE thread_no = $1 AND status = 'pending' AND kind = 'resume' AND NOT EXISTS (
             SELECT 1 FROM ${s}.interrupts WHERE thread_no = $1 AND status = 'open' AND source = 'effect')) THEN 'busy'
         WHEN EXISTS (SELECT 1 FROM ${s}.interrupts WHERE thread_no = $1 AND status = 'open') THEN 'interrupted'
         WHEN EXISTS (SELECT 1 FROM ${s}.runs WHERE thread_no = $1 AND status = 'pending' AND not_before IS NULL) THEN 'busy'
         WHEN $3::text IS NOT NULL THEN 'error'
         ELSE 'idle' END
     WHERE thread_no = $1`,
    [threadNo, at, error === null ? null : JSON.stringify(error), hasNewState],
  );
}

export interface StatusChange {
  threadNo: number;
  at: number;
  /** Why the run that ended failed. */
  error?: RunError | null;
  hasNewState?: boolean;
}
