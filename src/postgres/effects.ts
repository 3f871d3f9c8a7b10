import type { EffectPort, EffectStatus } from "../core/ports.ts";
import type { Database } from "./database.ts";
import { lockLeased } from "./lock-thread.ts";
import { type EffectRow, toEffect, toListedEffect } from "./rows.ts";

export function createEffectPort(db: Database): EffectPort {
  const { s } = db;
  const select = `SELECT e.*, r.run_id FROM ${s}.effects e JOIN ${s}.runs r USING (run_no)`;
  const ofThread = `e.thread_no = (SELECT thread_no FROM ${s}.threads WHERE thread_id = $1)`;
  return {
    start: (lease, effect) =>
      db.transaction(async (query) => {
        const { threadNo, runNo } = await lockLeased(query, s, lease);
        const [row] = await query<EffectRow>(
          `${select} WHERE e.thread_no = $1 AND e.key = $2 FOR UPDATE OF e`,
          [threadNo, effect.key],
        );
        if (row !== undefined && !mayStart(row.status as EffectStatus, effect.idempotent))
          return toEffect(row);
        await query(
          `WITH acted AS (UPDATE ${s}.runs SET acted = true WHERE run_no = $3 AND NOT acted)
           INSERT INTO ${s}.effects (thread_no, key, run_no, attempt, namespace, idempotent, about, status, started_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'started', $8)
           ON CONFLICT (thread_no, key) DO UPDATE SET status = 'started', run_no = excluded.run_no,
             attempt = excluded.attempt, namespace = excluded.namespace, idempotent = excluded.idempotent,
             about = excluded.about, started_at = excluded.started_at, result = 'null', ended_at = NULL`,
          [
            ...[threadNo, effect.key, runNo, lease.attempt, effect.namespace, effect.idempotent],
            ...[JSON.stringify(effect.about), effect.at],
          ],
        );
        return undefined;
      }, "attempt"),

    end: ({ threadId, runId, attempt }, key, { status, result, at }) =>
      db.transaction(async (query) => {
        await query(
          `UPDATE ${s}.effects e SET status = $5, result = $6, ended_at = $7
           WHERE ${ofThread} AND e.run_no = (SELECT run_no FROM ${s}.runs WHERE run_id = $2)
             AND e.attempt = $3 AND e.key = $4
             AND (e.status IN ('started', 'in_doubt') OR e.status <> 'finished' AND $5 = 'finished')`,
          [threadId, runId, attempt, key, status, JSON.stringify(result), at],
        );
      }, "attempt"),

    async listUnsettled(threadId) {
      const rows = await db.run<EffectRow>(
        `${select} WHERE ${ofThread} AND e.status IN ('started', 'in_doubt') AND NOT e.idempotent
         ORDER BY e.started_at, e.key`,
        [threadId],
      );
      return rows.map(toEffect);
    },

    async find(threadId, keys) {
      const rows = await db.run<EffectRow>(
        `${select} WHERE ${ofThread} AND e.key = ANY($2::text[]) ORDER BY e.started_at, e.key`,
        [threadId, keys],
      );
      return rows.map(toEffect);
    },

    async list(threadId, { limit, offset }) {
      const rows = await db.run<Omit<EffectRow, "result">>(
        `SELECT e.key, e.attempt, e.namespace, e.idempotent, e.about, e.status, e.started_at, e.ended_at, r.run_id
         FROM ${s}.effects e JOIN ${s}.runs r USING (run_no) WHERE ${ofThread}
         ORDER BY e.started_at, e.key LIMIT $2 OFFSET $3`,
        [threadId, limit, offset],
      );
      return rows.map(toListedEffect);
    },

    async listOfRun(threadId, runId) {
      const rows = await db.run<EffectRow>(
        `${select} WHERE ${ofThread} AND r.run_id = $2 ORDER BY e.started_at, e.key`,
        [threadId, runId],
      );
      return rows.map(toEffect);
    },
  };
}

function mayStart(status: EffectStatus, idempotent: boolean): boolean {
  return status === "failed" || (idempotent && (status === "started" || status === "in_doubt"));
}
