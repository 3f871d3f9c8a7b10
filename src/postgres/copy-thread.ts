import type { CopyThread, ThreadPort } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { appendEvents } from "./append-events.ts";
import type { Database, Query } from "./database.ts";
import { insertRun } from "./insert-run.ts";
import { lockThread } from "./lock-thread.ts";
import { type InterruptRow, selectInterrupts, type ThreadRow, toInterrupt, toThread } from "./rows.ts";
import { refreshStatus } from "./thread-status.ts";

export function createCopyThread(db: Database): ThreadPort["copy"] {
  const { s } = db;
  return (sourceId, copy) =>
    db.transaction(async (query) => {
      const { threadId, owner, metadata, at } = copy;
      const source = await lockThread(query, s, sourceId);
      if (source === undefined) return undefined;
      const from = source.thread_no;
      await refuseBusy(query, s, source);
      const [made] = await query<ThreadRow>(
        `INSERT INTO ${s}.threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata, config, ttl_ms)
         SELECT $2, $3, $4, $4, $4, $5, config, ttl_ms FROM ${s}.threads WHERE thread_no = $1 RETURNING *`,
        [from, threadId, owner, at, JSON.stringify(metadata)],
      );
      const { thread_no: to } = made as ThreadRow;
      await copyState(query, s, from, to);
      const rows = await query<InterruptRow>(
        `${selectInterrupts(s)} WHERE i.thread_no = $1 AND i.status = 'open' ORDER BY i.interrupt_no`,
        [from],
      );
      const questions = rows.map(toInterrupt);
      await copyOfRun(query, s, { from, to }, { copy, isNeeded: questions.length > 0 });
      const asked = questions.map((one) => ({ ...copy.requested(one), runId: null }));
      const events = await appendEvents(query, s, { threadNo: to, runNo: null }, [...copy.events, ...asked]);
      await refreshStatus(query, s, { threadNo: to, at });
      return { thread: toThread((await lockThread(query, s, threadId)) as ThreadRow), events };
    });
}

async function refuseBusy(query: Query, s: string, { thread_no, thread_id }: ThreadRow): Promise<void> {
  const [busy] = await query(
    `SELECT 1 FROM ${s}.runs WHERE thread_no = $1 AND (status = 'running' OR (status = 'pending' AND kind = 'resume'))
     UNION ALL SELECT 1 FROM ${s}.interrupts WHERE thread_no = $1 AND status = 'open' AND source = 'effect'
     UNION ALL SELECT 1 FROM ${s}.effects WHERE thread_no = $1 AND status IN ('started', 'in_doubt')`,
    [thread_no],
  );
  if (busy === undefined) return;
  throw new CountersignError(
    "state_busy",
    `Thread ${thread_id} is in the middle of a run, or of an effect that is in doubt. Wait for it, then copy the thread.`,
  );
}

async function copyState(query: Query, s: string, from: number, to: number): Promise<void> {
  const copies: [table: string, columns: string, order: string][] = [
    ["contents", "hash, bytes", ""],
    ["checkpoints", "checkpoint_ns, checkpoint_id, parent_id, metadata, body", "ORDER BY checkpoint_no"],
    ["writes", "checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash", ""],
  ];
  for (const [table, columns, order] of copies) {
    await query(
      `INSERT INTO ${s}.${table} (thread_no, ${columns})
       SELECT $2, ${columns} FROM ${s}.${table} WHERE thread_no = $1 ${order}`,
      [from, to],
    );
  }
}

/** Questions and effects are somebody's: of a run that stands for all those of the source. */
async function copyOfRun(
  query: Query,
  s: string,
  { from, to }: { from: number; to: number },
  { copy, isNeeded }: { copy: CopyThread; isNeeded: boolean },
): Promise<void> {
  const effects = isNeeded
    ? []
    : await query(`SELECT 1 FROM ${s}.effects WHERE thread_no = $1 LIMIT 1`, [from]);
  if (!isNeeded && effects.length === 0) return;
  const { threadId, owner, at, run } = copy;
  const { runNo } = await insertRun(query, s, { threadNo: to, threadId }, { run, claim: undefined });
  await query(`UPDATE ${s}.runs SET status = 'success' WHERE run_no = $1`, [runNo]);
  await query(
    `INSERT INTO ${s}.interrupts (thread_no, interrupt_id, engine_id, owner, source, assignees, expires_at, on_expiry,
       run_no, graph_id, task_id, namespace, value, response_schema, digest, status, opened_at)
     SELECT $2, interrupt_id, engine_id, $3, source, assignees, expires_at, on_expiry, $4, graph_id, task_id, namespace, value,
       response_schema, digest, status, $5
     FROM ${s}.interrupts WHERE thread_no = $1 AND status = 'open' ORDER BY interrupt_no`,
    [from, to, owner, runNo, at],
  );
  await query(
    `INSERT INTO ${s}.effects (thread_no, key, run_no, attempt, namespace, idempotent, about, status, result, started_at,
       ended_at)
     SELECT $2, key, $3, 0, namespace, idempotent, about, status, result, started_at, ended_at
     FROM ${s}.effects WHERE thread_no = $1`,
    [from, to, runNo],
  );
}
