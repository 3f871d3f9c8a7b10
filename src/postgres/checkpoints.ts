import type { CheckpointPort, StoredWrite } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Database, Query } from "./database.ts";
import { lockThread, noSuchThread } from "./lock-thread.ts";
import { type CheckpointRow, type ThreadRow, toCheckpoint } from "./rows.ts";
import { refreshStatus } from "./thread-status.ts";
import { voidReceipts } from "./void-receipts.ts";
import { writeFacts } from "./write-facts.ts";

export function createCheckpointPort(db: Database): CheckpointPort {
  const { s, run } = db;
  const select = `
    SELECT t.thread_id, c.checkpoint_ns, c.checkpoint_id, c.parent_id, r.run_id, c.metadata, c.body
    FROM ${s}.checkpoints c JOIN ${s}.threads t USING (thread_no) LEFT JOIN ${s}.runs r ON r.run_no = c.run_no`;
  return {
    async find(threadId, checkpointNs, checkpointId) {
      const [row] = await run<CheckpointRow>(
        `${select} WHERE t.thread_id = $1 AND c.checkpoint_ns = $2 AND ($3::text IS NULL OR c.checkpoint_id = $3)
         ORDER BY c.checkpoint_no DESC LIMIT 1`,
        [threadId, checkpointNs, checkpointId ?? null],
      );
      return row && toCheckpoint(row);
    },

    async list(threadId, { checkpointNs, before, limit }) {
      const rows = await run<CheckpointRow>(
        `${select} WHERE t.thread_id = $1 AND ($2::text IS NULL OR c.checkpoint_ns = $2)
           AND ($3::text IS NULL OR c.checkpoint_no < (SELECT min(b.checkpoint_no) FROM ${s}.checkpoints b
             WHERE b.thread_no = t.thread_no AND b.checkpoint_id = $3 AND ($2::text IS NULL OR b.checkpoint_ns = $2)))
         ORDER BY c.checkpoint_no DESC LIMIT $4`,
        [threadId, checkpointNs ?? null, before ?? null, limit ?? null],
      );
      return rows.map(toCheckpoint);
    },

    writes: (threadId, checkpointNs, checkpointId) =>
      run<StoredWrite>(
        `SELECT task_id AS "taskId", task_path AS "taskPath", idx AS index, channel, hash FROM ${s}.writes
         WHERE thread_no = (SELECT thread_no FROM ${s}.threads WHERE thread_id = $1)
           AND checkpoint_ns = $2 AND checkpoint_id = $3`,
        [threadId, checkpointNs, checkpointId],
      ),

    delete: (threadId) =>
      db.transaction(async (query) => {
        const thread = await lockThread(query, s, threadId);
        for (const table of thread ? ["writes", "checkpoints", "contents"] : []) {
          await query(`DELETE FROM ${s}.${table} WHERE thread_no = $1`, [thread?.thread_no]);
        }
      }),

    prune: createPrune(db),

    patchNewest: (threadId, metadata) =>
      db.transaction(async (query) => {
        const { thread_no: threadNo } = await lockIdleThread(query, s, threadId);
        const [head] = await query<{ checkpoint_no: number; metadata: string }>(
          `SELECT checkpoint_no, metadata FROM ${s}.checkpoints WHERE thread_no = $1 AND checkpoint_ns = ''
           ORDER BY checkpoint_no DESC LIMIT 1`,
          [threadNo],
        );
        if (head === undefined) return false;
        const merged = JSON.stringify({ ...JSON.parse(head.metadata), ...metadata });
        await query(`UPDATE ${s}.checkpoints SET metadata = $3 WHERE thread_no = $1 AND checkpoint_no = $2`, [
          threadNo,
          head.checkpoint_no,
          merged,
        ]);
        return true;
      }),

    async contents(threadId, hashes) {
      const rows = await run<{ hash: string; bytes: Buffer }>(
        `SELECT hash, bytes FROM ${s}.contents
         WHERE thread_no = (SELECT thread_no FROM ${s}.threads WHERE thread_id = $1) AND hash = ANY($2)`,
        [threadId, hashes],
      );
      return new Map(rows.map(({ hash, bytes }) => [hash, bytes]));
    },

    record: (threadId, facts, at, asOf) =>
      db.transaction(async (query) => {
        const thread = await lockIdleThread(query, s, threadId);
        if (asOf !== undefined && Number(thread.last_seq) !== asOf) throw busy(threadId);
        await voidReceipts(query, s, thread.thread_no);
        const graphId = String(thread.metadata.graph_id ?? "");
        const target = { threadNo: thread.thread_no, runNo: null, graphId };
        const events = await writeFacts(query, s, target, facts);
        await refreshStatus(query, s, { threadNo: thread.thread_no, at, hasNewState: true });
        return events;
      }),
  };
}

async function lockIdleThread(query: Query, s: string, threadId: string): Promise<ThreadRow> {
  const thread = await lockThread(query, s, threadId);
  if (thread === undefined) throw noSuchThread(threadId);
  if (thread.active_run_no !== null) throw busy(threadId);
  return thread;
}

function busy(threadId: string): CountersignError {
  return new CountersignError(
    "state_busy",
    `A run is active on thread ${threadId}, or has just ended. Wait for it or cancel it, then change the state.`,
  );
}

function createPrune(db: Database): CheckpointPort["prune"] {
  const { s } = db;
  return (threadId, { newest, checkpoints, hashes, asOf }) =>
    db.transaction(async (query) => {
      const { thread_no: threadNo, last_seq: lastSeq } = await lockIdleThread(query, s, threadId);
      if (asOf !== undefined && Number(lastSeq) !== asOf) throw busy(threadId);
      const [head] = await query<{ id: string }>(
        `SELECT checkpoint_id AS id FROM ${s}.checkpoints WHERE thread_no = $1 AND checkpoint_ns = ''
         ORDER BY checkpoint_no DESC LIMIT 1`,
        [threadNo],
      );
      if (head?.id !== newest) throw busy(threadId);
      const kept = [
        threadNo,
        checkpoints.map(({ checkpointNs }) => checkpointNs),
        checkpoints.map(({ checkpointId }) => checkpointId),
      ];
      const isPruned = `thread_no = $1 AND (checkpoint_ns, checkpoint_id)
        NOT IN (SELECT ns, id FROM unnest($2::text[], $3::text[]) AS kept (ns, id))`;
      await query(`DELETE FROM ${s}.writes WHERE ${isPruned}`, kept);
      const gone = await query(`DELETE FROM ${s}.checkpoints WHERE ${isPruned} RETURNING 1`, kept);
      const freed = await query(
        `DELETE FROM ${s}.contents WHERE thread_no = $1 AND hash NOT IN (SELECT unnest($2::text[])) RETURNING 1`,
        [threadNo, hashes],
      );
      return { checkpoints: gone.length, contents: freed.length };
    });
}
