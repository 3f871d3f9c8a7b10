import type { ThreadPort, ThreadSearch } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";
import { type ThreadRow, toThread } from "./rows.ts";

export function createThreadPort({ db, write }: Connection): ThreadPort {
  const byId = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE thread_id = ?");
  const insert = db.prepare(
    `INSERT INTO threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata)
     VALUES (@threadId, @owner, @at, @at, @at, @metadata)
     ON CONFLICT (thread_id) DO NOTHING`,
  );
  const merge = db.prepare<[string, number, string], ThreadRow>(
    `UPDATE threads SET metadata = ?, updated_at = ? WHERE thread_id = ? RETURNING *`,
  );
  const hasActiveRun = db.prepare<[number]>("SELECT 1 FROM runs WHERE thread_no = ? AND status = 'running'");
  const remove = db.prepare("DELETE FROM threads WHERE thread_no = ?");

  function must(threadId: string): ThreadRow {
    const row = byId.get(threadId);
    if (row === undefined) throw new Error(`thread ${threadId} vanished inside a transaction`);
    return row;
  }

  return {
    async create({ threadId, owner, metadata, at }) {
      return write(() => {
        const { changes } = insert.run({ threadId, owner, at, metadata: JSON.stringify(metadata) });
        return { thread: toThread(must(threadId)), created: changes > 0 };
      });
    },

    async find(threadId) {
      const row = byId.get(threadId);
      return row && toThread(row);
    },

    async patch(threadId, metadata, at) {
      return write(() => {
        const row = byId.get(threadId);
        if (row === undefined) return undefined;
        const merged = JSON.stringify({ ...JSON.parse(row.metadata), ...metadata });
        const patched = merge.get(merged, at, threadId);
        return patched && toThread(patched);
      });
    },

    async delete(threadId) {
      return write(() => {
        const row = byId.get(threadId);
        if (row === undefined) return false;
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

    async search(search) {
      const { sql, values } = toSelect(search);
      return db
        .prepare<unknown[], ThreadRow>(sql)
        .all(...values)
        .map(toThread);
    },
  };
}

function toSelect(search: ThreadSearch): { sql: string; values: unknown[] } {
  const where: string[] = [];
  const values: unknown[] = [];
  const and = (condition: string, ...bound: unknown[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (search.ids) and("thread_id IN (SELECT value FROM json_each(?))", JSON.stringify(search.ids));
  if (search.status) and("status = ?", search.status);
  if (search.owner !== undefined) and("(owner IS NULL OR owner = ?)", search.owner);
  for (const [key, value] of Object.entries(search.metadata ?? {})) {
    and("canonical_member(metadata, ?) = ?", key, canonicalJson(value));
  }
  const order = `${search.sortBy} ${search.sortOrder === "asc" ? "ASC" : "DESC"}, thread_no DESC`;
  values.push(search.limit, search.offset);
  return {
    sql: `SELECT * FROM threads ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""}
          ORDER BY ${order} LIMIT ? OFFSET ?`,
    values,
  };
}
