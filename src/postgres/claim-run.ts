import type { Claim, ClaimedRun, NewEvent, RunRecord } from "../core/ports.ts";
import { appendEvents } from "./append-events.ts";
import type { Database, Query } from "./database.ts";
import { after } from "./insert-run.ts";
import { type RunRow, toRun } from "./rows.ts";

type Wanted = Claim & { graphIds: string[] };

/**
 * Claims a run in one statement, its thread's row and its own locked and as they are now: what changed while
 * the statement looked is looked at again by PostgreSQL, and a thread is only ever changed under its lock.
 * `runs.ready` says all about a pending run, so however many wait, of whatever graphs, the first of an index is the
 * next of a graph.
 *
 * Locked rows are skipped, so that many workers do not queue for one run. But a thread is locked for many
 * reasons: when only locked ones are left, the second try waits for the first of them.
 */
export function createClaimRun(
  db: Database,
): (claim: Wanted, running: (run: RunRecord) => NewEvent) => Promise<ClaimedRun | undefined> {
  const { s } = db;
  return async (claim, running) => {
    // Most of the time there is nothing: that costs one statement without a transaction.
    for (const what of await look(db, claim)) {
      const claimed = await db.transaction(async (query) => {
        const row =
          (await take(query, s, claim, { ...what, whenLocked: "SKIP LOCKED" })) ??
          (await take(query, s, claim, { ...what, whenLocked: "" }));
        if (row === undefined) return undefined;
        const run = toRun(row);
        const target = { threadNo: row.thread_no, runNo: row.run_no };
        const events = await appendEvents(query, s, target, [running(run)]);
        return { run, lease: { threadId: run.threadId, runId: run.runId, attempt: run.attempt }, events };
      });
      if (claimed) return claimed;
    }
    return undefined;
  };
}

/** What to claim: of any of these graphs, or of one. */
type What = { kind: "expired"; graphs: string[] } | { kind: "ready"; graphs: string };

/**
 * `expired`: whose lease ran out, or was given up. After a restart of the server a lease counts from there:
 * processes that live could not renew it while the server was away.
 */
const conditions: Record<What["kind"], string> = {
  expired: `r.status = 'running' AND r.lease_owner IS DISTINCT FROM $1
    AND (r.graph_id = ANY($2) OR r.cancel_requested IS NOT NULL)
    AND (r.lease_owner IS NULL OR r.lease_until < clock_timestamp()
      AND pg_postmaster_start_time() + r.lease_ms * interval '1 ms' < clock_timestamp())`,
  ready: "r.ready AND r.graph_id = $2",
};

/** What there is to claim. `$1`: who asks, `$2`: the graphs. */
export function lookSql(s: string): string {
  return `SELECT NULL AS graph, 'expired' AS kind, 0 AS run_no
    WHERE EXISTS (SELECT 1 FROM ${s}.runs r WHERE ${conditions.expired})
    UNION ALL
    SELECT first.* FROM unnest($2::text[]) AS g (graph_id), LATERAL (
      SELECT r.graph_id, r.kind, r.run_no FROM ${s}.runs r WHERE r.ready AND r.graph_id = g.graph_id
      ORDER BY r.kind DESC, r.run_no LIMIT 1) AS first`;
}

/** What there is to claim, in the order of claiming; what another process began comes first. */
async function look({ s, run }: Database, { owner, graphIds }: Wanted): Promise<What[]> {
  const rows = await run<{ graph: string | null; kind: string; run_no: number }>(lookSql(s), [
    owner,
    graphIds,
  ]);
  const rank = ["expired", "resume", "input"];
  const sorted = rows.toSorted((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind) || a.run_no - b.run_no);
  return sorted.map(({ graph }) =>
    graph === null ? { kind: "expired", graphs: graphIds } : { kind: "ready", graphs: graph },
  );
}

async function take(
  query: Query,
  s: string,
  { owner, leaseMs, runTimeoutMs }: Wanted,
  { kind, graphs, whenLocked }: What & { whenLocked: "SKIP LOCKED" | "" },
): Promise<RunRow | undefined> {
  const [row] = await query<RunRow>(
    `WITH next AS (
       SELECT r.run_no FROM ${s}.threads t JOIN ${s}.runs r USING (thread_no) WHERE ${conditions[kind]}
       ORDER BY r.kind DESC, r.run_no LIMIT 1 FOR NO KEY UPDATE OF t, r ${whenLocked}
     ), taken AS (
       UPDATE ${s}.runs r SET status = 'running', ready = false, attempt = attempt + 1, lease_owner = $1,
         lease_ms = $3, lease_until = ${after("$3")}, lease_limit = ${after("$4")},
         updated_at = greatest(updated_at, floor(extract(epoch FROM clock_timestamp()) * 1000)),
         started_at = coalesce(started_at, greatest(updated_at, floor(extract(epoch FROM clock_timestamp()) * 1000)))
       FROM next WHERE r.run_no = next.run_no
       RETURNING r.*
     )
     UPDATE ${s}.threads t SET active_run_no = taken.run_no, active_attempt = taken.attempt, status = 'busy',
       error = NULL, updated_at = greatest(t.updated_at, taken.updated_at)
     FROM taken WHERE t.thread_no = taken.thread_no
     RETURNING taken.*, t.thread_id`,
    [owner, graphs, leaseMs, runTimeoutMs],
  );
  return row;
}
