import type { Claim, ClaimedRun, NewEvent, RunRecord } from "../core/ports.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { selectRuns, toLease } from "./insert-run.ts";
import { type RunRow, toRun } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";

/**
 * What a process left whose lease ran out comes first, then runs that are ready: answers before input, the oldest
 * first. `runs.ready` says all about a pending run, so however many wait, the first of each graph is the next.
 *
 * @param holds - The owners whose leases are held, each as long as its run may take.
 */
export function createClaimRun({ db, write }: Connection, holds: ReadonlySet<{ owner: string }>) {
  const expired = db.prepare<[{ now: number; owner: string; graphIds: string; held: string }], RunRow>(
    `${selectRuns}
     WHERE r.status = 'running' AND r.lease_until < @now AND r.lease_owner IS NOT @owner
       AND (r.graph_id IN (SELECT value FROM json_each(@graphIds)) OR r.cancel_requested IS NOT NULL)
       AND (r.lease_owner IS NULL OR r.lease_limit < @now OR r.lease_owner NOT IN (SELECT value FROM json_each(@held)))
     ORDER BY r.kind DESC, r.run_no LIMIT 1`,
  );
  const ready = db.prepare<[string], RunRow>(
    `${selectRuns} WHERE r.ready = 1 AND r.graph_id = ? ORDER BY r.kind DESC, r.run_no LIMIT 1`,
  );
  const take = db.prepare(
    `UPDATE runs SET status = 'running', ready = 0, attempt = attempt + 1, lease_owner = @owner, lease_until = @leaseUntil,
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
    const { owner, graphIds } = claim;
    const held = JSON.stringify([...holds].map((hold) => hold.owner));
    const next = (): RunRow | undefined =>
      expired.get({ now, owner, graphIds: JSON.stringify(graphIds), held }) ??
      graphIds.flatMap((graphId) => ready.get(graphId) ?? []).sort(inOrder)[0];
    if (next() === undefined) return undefined;
    return write(() => {
      const row = next();
      if (row === undefined) return undefined;
      take.run({ owner, ...toLease(claim), now, runNo: row.run_no });
      const run = toRun(byNo.get(row.run_no) as RunRow);
      const events = append(row.thread_no, row.run_no, [running(run)]);
      refreshStatus(row.thread_no, now);
      return { run, lease: { threadId: run.threadId, runId: run.runId, attempt: run.attempt }, events };
    });
  };
}

function inOrder(a: RunRow, b: RunRow): number {
  if (a.kind === b.kind) return a.run_no - b.run_no;
  return a.kind === "resume" ? -1 : 1;
}
