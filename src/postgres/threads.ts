import type { RecentThreads, ThreadFilter, ThreadPort, ThreadSearch } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { createCopyThread } from "./copy-thread.ts";
import type { Database, Query } from "./database.ts";
import { lockThread } from "./lock-thread.ts";
import { type ThreadRow, toThread } from "./rows.ts";

export function createThreadPort(db: Database): ThreadPort {
  const { s } = db;
  return {
    async create({ threadId, owner, metadata, ttlMs = null, at }) {
      return db.transaction(async (query) => {
        const [created] = await query<ThreadRow>(
          `INSERT INTO ${s}.threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata, ttl_ms)
           VALUES ($1, $2, $3, $3, $3, $4, $5) ON CONFLICT (thread_id) DO NOTHING RETURNING *`,
          [threadId, owner, at, JSON.stringify(metadata), ttlMs],
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

    async patch(threadId, metadata, at, ttlMs) {
      const [row] = await db.run<ThreadRow>(
        `UPDATE ${s}.threads SET metadata = metadata || $2::jsonb, updated_at = $3,
           ttl_ms = CASE WHEN $4 THEN $5::bigint ELSE ttl_ms END
         WHERE thread_id = $1 RETURNING *`,
        [threadId, JSON.stringify(metadata), at, ttlMs !== undefined, ttlMs ?? null],
      );
      return row && toThread(row);
    },

    delete: createDeleteThread(db),

    copy: createCopyThread(db),

    async search({ sortBy, sortOrder, ...search }) {
      const order = `${sortBy} ${sortOrder === "asc" ? "ASC" : "DESC"}, thread_no DESC`;
      const { sql, values } = toSelect(s, { ...search, order });
      return (await db.run<ThreadRow>(sql, values)).map(toThread);
    },

    async listRecent(query) {
      const order = "updated_at DESC, thread_id DESC";
      const { sql, values } = toSelect(s, { ...query, order, offset: 0 });
      return (await db.run<ThreadRow>(sql, values)).map(toThread);
    },

    async count(filter) {
      const { where, values, bind } = toCondition(filter);
      if (filter.owner !== undefined) where.push(`(owner IS NULL OR owner = ${bind(filter.owner)})`);
      const [row] = await db.run<{ count: number }>(
        `SELECT count(*) FROM ${s}.threads WHERE ${where.join(" AND ")}`,
        values,
      );
      return row?.count ?? 0;
    },

    async listExpired(now, limit) {
      const rows = await db.run<{ thread_id: string }>(
        `SELECT thread_id FROM ${s}.threads t WHERE ttl_ms IS NOT NULL AND updated_at + ttl_ms <= $1
           AND NOT (ttl_waits AND status = 'interrupted') AND NOT EXISTS (
           SELECT 1 FROM ${s}.runs r WHERE r.thread_no = t.thread_no AND r.status IN ('pending', 'running'))
         ORDER BY updated_at + ttl_ms LIMIT $2`,
        [now, limit],
      );
      return rows.map(({ thread_id }) => thread_id);
    },
  };
}

/** Tables whose rows hang on a thread without a foreign key. */
const dependents = ["events", "contents", "checkpoints", "writes"];

function createDeleteThread(db: Database): ThreadPort["delete"] {
  const { s } = db;
  return (threadId, expiredBy) =>
    db.transaction(async (query) => {
      const thread = await lockThread(query, s, threadId);
      if (thread === undefined) return false;
      if (expiredBy !== undefined && !(await hasExpired(query, s, thread, expiredBy))) return false;
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

async function hasExpired(query: Query, s: string, thread: ThreadRow, now: number): Promise<boolean> {
  const { thread_no: threadNo, updated_at: updatedAt, ttl_ms: ttlMs } = thread;
  if (ttlMs === null || updatedAt + ttlMs > now) return false;
  if (thread.ttl_waits && thread.status === "interrupted") return false;
  const unfinished = await query(
    `SELECT 1 FROM ${s}.runs WHERE thread_no = $1 AND status IN ('pending', 'running') LIMIT 1`,
    [threadNo],
  );
  return unfinished.length === 0;
}

/** All but the owner. */
function toCondition({ ids, status, metadata = {} }: ThreadFilter) {
  const where = ["true"];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (ids) where.push(`thread_id = ANY(${bind(ids)})`);
  if (status) where.push(`status = ${bind(status)}`);
  // `@>` finds them by the index, but takes a part of an object for the object.
  if (Object.keys(metadata).length > 0) where.push(`metadata @> ${bind(JSON.stringify(metadata))}::jsonb`);
  for (const [key, value] of Object.entries(metadata)) {
    where.push(`metadata -> ${bind(key)}::text = ${bind(JSON.stringify(value))}::jsonb`);
  }
  return { where, values, bind };
}

type Listed = ThreadFilter &
  Pick<ThreadSearch, "limit" | "offset"> &
  Pick<RecentThreads, "before"> & { order: string };

function toSelect(s: string, search: Listed): { sql: string; values: unknown[] } {
  const { owner, before, limit, offset } = search;
  const { where, values, bind } = toCondition(search);
  const order = `ORDER BY ${search.order}`;
  if (before) {
    const at = bind(before.updatedAt);
    // The first part alone is one that an index serves.
    where.push(`updated_at <= ${at} AND (updated_at < ${at} OR thread_id < ${bind(before.threadId)})`);
  }
  const select = (...more: string[]) =>
    `SELECT * FROM ${s}.threads WHERE ${[...where, ...more].join(" AND ")} ${order}`;
  const page = `LIMIT ${bind(limit)} OFFSET ${bind(offset)}`;
  if (owner === undefined) return { sql: `${select()} ${page}`, values };
  // His own and nobody's, each by an index: one condition for both would read everybody's.
  const enough = bind(limit + offset);
  const sql = `SELECT * FROM (
      (${select(`owner = ${bind(owner)}`)} LIMIT ${enough}) UNION ALL (${select("owner IS NULL")} LIMIT ${enough})
    ) AS found ${order} ${page}`;
  return { sql, values };
}
