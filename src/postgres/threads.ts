import type { ThreadPort, ThreadSearch } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import { lockThread } from "./lock-thread.ts";
import { type ThreadRow, toThread } from "./rows.ts";

export function createThreadPort(db: Database): ThreadPort {
  const { s } = db;
  return {
    async create({ threadId, owner, metadata, at }) {
      return db.transaction(async (query) => {
        const [created] = await query<ThreadRow>(
          `INSERT INTO ${s}.threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata)
           VALUES ($1, $2, $3, $3, $3, $4) ON CONFLICT (thread_id) DO NOTHING RETURNING *`,
          [threadId, owner, at, JSON.stringify(metadata)],
        );
        const row = created ?? (await lockThread(query, s, threadId));
        // Deleted between the two statements: the lock was waited for in vain.
        if (row === undefined) throw new Error(`Thread ${threadId} vanished. Create it again.`);
        return { thread: toThread(row), created: created !== undefined };
      });
    },

    async find(threadId) {
      const [row] = await db.run<ThreadRow>(`SELECT * FROM ${s}.threads WHERE thread_id = $1`, [threadId]);
      return row && toThread(row);
    },

    async patch(threadId, metadata, at) {
      const [row] = await db.run<ThreadRow>(
        `UPDATE ${s}.threads SET metadata = metadata || $2::jsonb, updated_at = $3 WHERE thread_id = $1 RETURNING *`,
        [threadId, JSON.stringify(metadata), at],
      );
      return row && toThread(row);
    },

    delete: createDeleteThread(db),

    async search(search) {
      const { sql, values } = toSelect(s, search);
      return (await db.run<ThreadRow>(sql, values)).map(toThread);
    },
  };
}

/** Tables whose rows hang on a thread without a foreign key. */
const dependents = ["events", "contents", "checkpoints", "writes"];

function createDeleteThread(db: Database): ThreadPort["delete"] {
  const { s } = db;
  return (threadId) =>
    db.transaction(async (query) => {
      const thread = await lockThread(query, s, threadId);
      if (thread === undefined) return false;
      if (thread.active_run_no !== null) {
        throw new CountersignError(
          "thread_busy",
          `A run is active on thread ${threadId}. Cancel it, then delete the thread.`,
        );
      }
      for (const table of dependents) {
        await query(`DELETE FROM ${s}.${table} WHERE thread_no = $1`, [thread.thread_no]);
      }
      await query(`DELETE FROM ${s}.threads WHERE thread_no = $1`, [thread.thread_no]);
      return true;
    });
}

function toSelect(s: string, search: ThreadSearch): { sql: string; values: unknown[] } {
  const { ids, status, owner, metadata = {}, sortBy, sortOrder, limit, offset } = search;
  const where: string[] = [];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (ids) where.push(`thread_id = ANY(${bind(ids)})`);
  if (status) where.push(`status = ${bind(status)}`);
  // `@>` finds them by the index, but takes a part of an object for the object.
  if (Object.keys(metadata).length > 0) where.push(`metadata @> ${bind(JSON.stringify(metadata))}::jsonb`);
  for (const [key, value] of Object.entries(metadata)) {
    where.push(`metadata -> ${bind(key)}::text = ${bind(JSON.stringify(value))}::jsonb`);
  }
  const order = `ORDER BY ${sortBy} ${sortOrder === "asc" ? "ASC" : "DESC"}, thread_no DESC`;
  const select = (...more: string[]) => {
    const all = [...where, ...more];
    return `SELECT * FROM ${s}.threads ${all.length > 0 ? `WHERE ${all.join(" AND ")}` : ""} ${order}`;
  };
  const page = `LIMIT ${bind(limit)} OFFSET ${bind(offset)}`;
  if (owner === undefined) return { sql: `${select()} ${page}`, values };
  // His own and nobody's, each by an index: one condition for both would read everybody's.
  const enough = bind(limit + offset);
  const sql = `SELECT * FROM (
      (${select(`owner = ${bind(owner)}`)} LIMIT ${enough}) UNION ALL (${select("owner IS NULL")} LIMIT ${enough})
    ) AS found ${order} ${page}`;
  return { sql, values };
}
