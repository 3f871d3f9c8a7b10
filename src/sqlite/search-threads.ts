import type { RecentThreads, ThreadFilter, ThreadPort, ThreadRecord, ThreadSearch } from "../core/ports.ts";
import { canonicalJson, type Json } from "../protocol/json.ts";
import type { Db } from "./connection.ts";
import { type ThreadRow, toThread } from "./rows.ts";

/** Members of metadata that few threads have are looked up; those that more have are met soon in order. */
const fewThreads = 1_000;

interface Condition {
  where: string[];
  values: unknown[];
}

/** A member of metadata as `thread_metadata` has it. */
interface Member {
  key: string;
  value: unknown;
}

export function createSearchThreads(db: Db): Pick<ThreadPort, "search" | "listRecent" | "count"> {
  const tally = db
    .prepare<[Member & { limit: number }], number>(
      "SELECT count(*) FROM (SELECT 1 FROM thread_metadata WHERE key = @key AND value = @value LIMIT @limit)",
    )
    .pluck();

  /** The member that the fewest threads have, if they are few. */
  function rarest(members: Member[]): Member | undefined {
    const counted = members.map((member) => ({
      member,
      count: tally.get({ ...member, limit: fewThreads }) ?? 0,
    }));
    const [first] = counted.sort((a, b) => a.count - b.count);
    return first !== undefined && first.count < fewThreads ? first.member : undefined;
  }

  function list(search: Listed): ThreadRecord[] {
    const { sql, values } = toSelect(search, rarest(toMembers(search)));
    return db
      .prepare<unknown[], ThreadRow>(sql)
      .all(...values)
      .map(toThread);
  }

  return {
    async search({ sortBy, sortOrder, ...search }) {
      const order = `${sortBy} ${sortOrder === "asc" ? "ASC" : "DESC"}, thread_no DESC`;
      return list({ ...search, order });
    },

    listRecent: async (query) => list({ ...query, order: "updated_at DESC, thread_id DESC", offset: 0 }),

    async count(filter) {
      const { where, values } = toCondition(filter);
      if (filter.owner !== undefined) {
        where.push("(owner IS NULL OR owner = ?)");
        values.push(filter.owner);
      }
      const few = rarest(toMembers(filter));
      const count = db.prepare<unknown[], number>(
        `SELECT count(*) FROM ${fromOf(few)} WHERE ${where.join(" AND ")}`,
      );
      return count.pluck().get(...(few ? [few.key, few.value] : []), ...values) ?? 0;
    },
  };
}

type Listed = ThreadFilter &
  Pick<ThreadSearch, "limit" | "offset"> &
  Pick<RecentThreads, "before"> & { order: string };

function toSelect(search: Listed, few: Member | undefined): { sql: string; values: unknown[] } {
  const { owner, before, limit, offset } = search;
  const { where, values } = toCondition(search);
  if (before) {
    // The first part alone is one that an index serves.
    where.push("updated_at <= ? AND (updated_at < ? OR thread_id < ?)");
    values.push(before.updatedAt, before.updatedAt, before.threadId);
  }
  const order = `ORDER BY ${search.order}`;
  const bound = [...(few ? [few.key, few.value] : []), ...values];
  const select = (...more: string[]) =>
    `SELECT threads.* FROM ${fromOf(few)} WHERE ${[...where, ...more].join(" AND ")} ${order} LIMIT ?`;
  if (owner === undefined) return { sql: `${select()} OFFSET ?`, values: [...bound, limit, offset] };
  // His own and nobody's, each by an index: one condition for both would read everybody's.
  const enough = limit + offset;
  return {
    sql: `SELECT * FROM (SELECT * FROM (${select("owner = ?")}) UNION ALL SELECT * FROM (${select("owner IS NULL")}))
      ${order} LIMIT ? OFFSET ?`,
    values: [...bound, owner, enough, ...bound, enough, limit, offset],
  };
}

/** `CROSS JOIN`: SQLite takes the tables in this order. */
function fromOf(few: Member | undefined): string {
  if (few === undefined) return "threads";
  return "(SELECT thread_no FROM thread_metadata WHERE key = ? AND value = ?) AS few CROSS JOIN threads USING (thread_no)";
}

/** All but the owner. */
function toCondition({ ids, status, metadata = {} }: ThreadFilter): Condition {
  const where = ["true"];
  const values: unknown[] = [];
  const and = (condition: string, ...bound: unknown[]) => {
    where.push(condition);
    values.push(...bound);
  };
  if (ids) and("thread_id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
  if (status) and("status = ?", status);
  for (const [key, value] of Object.entries(metadata)) {
    const member = toMember(key, value);
    if (member === undefined) and("canonical_member(metadata, ?) = ?", key, canonicalJson(value));
    else {
      const isThere =
        "EXISTS (SELECT 1 FROM thread_metadata m WHERE m.key = ? AND m.value = ? AND m.thread_no = threads.thread_no)";
      and(isThere, key, member.value);
    }
  }
  return { where, values };
}

function toMembers({ metadata = {} }: ThreadFilter): Member[] {
  return Object.entries(metadata).flatMap(([key, value]) => toMember(key, value) ?? []);
}

/** Undefined for what `thread_metadata` does not hold, or not so that it compares as JSON does. */
function toMember(key: string, value: Json): Member | undefined {
  if (!isPlain(key)) return undefined;
  if (typeof value === "boolean") return { key, value: Buffer.from([value ? 1 : 0]) };
  if (typeof value === "number") return Number.isSafeInteger(value) ? { key, value } : undefined;
  return typeof value === "string" && value.length <= 200 && isPlain(value) ? { key, value } : undefined;
}

/** False for texts that SQLite does not hold as they are: with NUL, or with half of a surrogate pair. */
function isPlain(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}
