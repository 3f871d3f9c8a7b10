import type { ThreadPort } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Connection } from "./connection.ts";
import { createCopyThread } from "./copy-thread.ts";
import { type ThreadRow, toThread } from "./rows.ts";
import { createSearchThreads } from "./search-threads.ts";

export function createThreadPort(connection: Connection): ThreadPort {
  const { db, write } = connection;
  const byId = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE thread_id = ?");
  const insert = db.prepare(
    `INSERT INTO threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata, ttl_ms)
     VALUES (@threadId, @owner, @at, @at, @at, @metadata, @ttlMs)
     ON CONFLICT (thread_id) DO NOTHING`,
  );
  const merge = db.prepare<[string, number, number | null, string], ThreadRow>(
    `UPDATE threads SET metadata = ?, updated_at = ?, ttl_ms = ? WHERE thread_id = ? RETURNING *`,
  );
  const expired = db
    .prepare<[number, number], string>(
      `SELECT thread_id FROM threads t WHERE ttl_ms IS NOT NULL AND updated_at + ttl_ms <= ?
         AND NOT (ttl_waits = 1 AND status = 'interrupted') AND NOT EXISTS (
         SELECT 1 FROM runs r WHERE r.thread_no = t.thread_no AND r.status IN ('pending', 'running'))
       ORDER BY updated_at + ttl_ms LIMIT ?`,
    )
    .pluck();
  const isExpired = db.prepare<[number, number]>(
    `SELECT 1 FROM threads t WHERE thread_no = ? AND updated_at + ttl_ms <= ?
       AND NOT (ttl_waits = 1 AND status = 'interrupted') AND NOT EXISTS (
       SELECT 1 FROM runs r WHERE r.thread_no = t.thread_no AND r.status IN ('pending', 'running'))`,
  );
  const copy = createCopyThread(connection);
  const hasActiveRun = db.prepare<[number]>("SELECT 1 FROM runs WHERE thread_no = ? AND status = 'running'");
  const remove = db.prepare("DELETE FROM threads WHERE thread_no = ?");

  function must(threadId: string): ThreadRow {
    const row = byId.get(threadId);
    if (row === undefined) throw new Error(`thread ${threadId} vanished inside a transaction`);
    return row;
  }

  return {
    async create({ threadId, owner, metadata, ttlMs = null, at }) {
      return write(() => {
        const { changes } = insert.run({ threadId, owner, at, ttlMs, metadata: JSON.stringify(metadata) });
        return { thread: toThread(must(threadId)), created: changes > 0 };
      });
    },

    async find(threadId) {
      const row = byId.get(threadId);
      return row && toThread(row);
    },

    async patch(threadId, metadata, at, ttlMs) {
      return write(() => {
        const row = byId.get(threadId);
        if (row === undefined) return undefined;
        const merged = JSON.stringify({ ...JSON.parse(row.metadata), ...metadata });
        const patched = merge.get(merged, at, ttlMs === undefined ? row.ttl_ms : ttlMs, threadId);
        return patched && toThread(patched);
      });
    },

    async delete(threadId, expiredBy) {
      return write(() => {
        const row = byId.get(threadId);
        if (row === undefined) return false;
        if (expiredBy !== undefined && isExpired.get(row.thread_no, expiredBy) === undefined) return false;
        if (hasActiveRun.get(row.thread_no) !== undefined) {
          throw new CountersignError(
            "thread_busy",
            `A run is active on thread ${threadId}. Cancel it, then delete the thread.`,
          );
        }
        remove.run(row.thread_no);
        return true;
      });
    },

    copy: async (threadId, target) => copy(threadId, target),

    ...createSearchThreads(db),

    listExpired: async (now, limit) => expired.all(now, limit),
  };
}
