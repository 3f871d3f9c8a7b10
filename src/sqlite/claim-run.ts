import type { Claim, ClaimedRun, NewEvent, RunRecord } from "../core/ports.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { selectRuns } from "./insert-run.ts";
import { type RunRow, toRun } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";

export function createClaimRun({ db, write }: Connection) {
  const next = db.prepare<[{ now: number; graphIds: string }], RunRow>(
    `${selectRuns}
     WHERE r.status IN ('pending', 'running')
       AND r.graph_id IN (SELECT value FROM json_each(@graphIds))
       AND CASE r.status
         WHEN 'running' THEN r.lease_until < @now
         ELSE NOT EXISTS (SELECT 1 FROM runs a WHERE a.thread_no = r.thread_no AND a.status = 'running')
           AND (r.kind = 'resume' OR NOT EXISTS (
             SELECT 1 FROM interrupts i WHERE i.thread_no = r.thread_no AND i.status = 'open'))
       END
     ORDER BY r.status DESC, r.kind DESC, r.run_no
     LIMIT 1`,
  );
  const take = db.prepare(
    `UPDATE runs SET status = 'running', attempt = attempt + 1, lease_owner = ?, lease_until = ?, updated_at = ?
     WHERE run_no = ?`,
  );
  const byNo = db.prepare<[number], RunRow>(`${selectRuns} WHERE r.run_no = ?`);
  const append = createAppendEvents(db);
  const refreshStatus = createRefreshStatus(db);

  return (
    { owner, leaseUntil, now, graphIds }: Claim & { now: number; graphIds: string[] },
    running: (run: RunRecord) => NewEvent,
  ): ClaimedRun | undefined => {
    const wanted = { now, graphIds: JSON.stringify(graphIds) };
    if (next.get(wanted) === undefined) return undefined;
    return write(() => {
      const row = next.get(wanted);
      if (row === undefined) return undefined;
      take.run(owner, leaseUntil, now, row.run_no);
      const run = toRun(byNo.get(row.run_no) as RunRow);
      const events = append(row.thread_no, row.run_no, [running(run)]);
      refreshStatus(row.thread_no, now);
      return { run, lease: { threadId: run.threadId, runId: run.runId, attempt: run.attempt }, events };
    });
  };
}
