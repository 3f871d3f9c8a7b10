import type { Claim, ClaimedRun, NewEvent, RunRecord } from "../core/ports.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { selectRuns, toLease } from "./insert-run.ts";
import { type RunRow, toRun } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";

/** @param holds - The owners whose leases are held, each as long as its run may take. */
export function createClaimRun({ db, write }: Connection, holds: ReadonlySet<{ owner: string }>) {
  const next = db.prepare<[{ now: number; owner: string; graphIds: string; held: string }], RunRow>(
    `${selectRuns}
     WHERE r.status IN ('pending', 'running')
       AND (r.graph_id IN (SELECT value FROM json_each(@graphIds))
         OR (r.status = 'running' AND r.cancel_requested IS NOT NULL))
       AND CASE r.status
         WHEN 'running' THEN r.lease_until < @now AND r.lease_owner IS NOT @owner
           AND (r.lease_owner IS NULL OR r.lease_limit < @now
             OR r.lease_owner NOT IN (SELECT value FROM json_each(@held)))
         ELSE r.not_before IS NULL AND NOT EXISTS (SELECT 1 FROM runs a WHERE a.thread_no = r.thread_no AND a.status = 'running')
           AND NOT EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = r.thread_no AND i.status = 'open'
             AND (r.kind = 'input' OR i.source = 'effect'))
       END
     ORDER BY r.status DESC, r.kind DESC, r.run_no
     LIMIT 1`,
  );
  const take = db.prepare(
    `UPDATE runs SET status = 'running', attempt = attempt + 1, lease_owner = @owner, lease_until = @leaseUntil,
       lease_limit = @leaseLimit, updated_at = @now, started_at = coalesce(started_at, @now)
     WHERE run_no = @runNo`,
  );
  const byNo = db.prepare<[number], RunRow>(`${selectRuns} WHERE r.run_no = ?`);
  const append = createAppendEvents(db);
  const refreshStatus = createRefreshStatus(db);

  return (
    claim: Claim & { graphIds: string[] },
    running: (run: RunRecord) => NewEvent,
  ): ClaimedRun | undefined => {
    const now = Date.now();
    const { owner } = claim;
    const held = JSON.stringify([...holds].map((hold) => hold.owner));
    const wanted = { now, owner, graphIds: JSON.stringify(claim.graphIds), held };
    if (next.get(wanted) === undefined) return undefined;
    return write(() => {
      const row = next.get(wanted);
      if (row === undefined) return undefined;
      take.run({ owner, ...toLease(claim), now, runNo: row.run_no });
      const run = toRun(byNo.get(row.run_no) as RunRow);
      const events = append(row.thread_no, row.run_no, [running(run)]);
      refreshStatus(row.thread_no, now);
      return { run, lease: { threadId: run.threadId, runId: run.runId, attempt: run.attempt }, events };
    });
  };
}
