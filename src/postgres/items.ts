import type { ItemChange, ItemPort, ItemRecord } from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Database, Query } from "./database.ts";
import { lockLeased } from "./lock-thread.ts";
import { noteActed } from "./note-acted.ts";

interface ItemRow {
  item_no: number;
  path: string;
  key: string;
  value: string;
  ttl_ms: number | null;
  created_at: number;
  updated_at: number;
}

const isThere = (now: string) => `(expires_at IS NULL OR expires_at > ${now})`;
const isBelow = (path: string) => `path >= ${path} AND path < ${path} || chr(1114111) COLLATE "C"`;

export function createItemPort(db: Database): ItemPort {
  const { s } = db;
  return {
    write: (space, changes, { at, lease }) =>
      db.transaction(async (query) => {
        if (lease) await noteActed(query, s, (await lockLeased(query, s, lease)).runNo);
        for (const change of changes) await writeOne(query, s, space, { change, at });
      }),

    async find(space, keys, now) {
      const rows = await db.run<ItemRow>(
        `SELECT i.* FROM ${s}.items i JOIN unnest($2::text[], $3::text[]) AS k (path, key)
           ON i.path = k.path AND i.key = k.key
         WHERE space = $1 AND ${isThere("$4")}`,
        [space, keys.map(({ namespace }) => toPath(namespace)), keys.map(({ key }) => key), now],
      );
      return rows.map(toItem);
    },

    async list(space, { namespace, before, limit, now }) {
      const rows = await db.run<ItemRow>(
        `SELECT * FROM ${s}.items WHERE space = $1 AND ${isBelow("$2::text")} AND ${isThere("$3")}
           AND ($4::bigint IS NULL OR (updated_at, item_no) < ($4, $5::bigint))
         ORDER BY updated_at DESC, item_no DESC LIMIT $6`,
        [space, toPath(namespace), now, before?.updatedAt ?? null, before?.number ?? null, limit],
      );
      return rows.map(toItem);
    },

    async extend(space, numbers, now) {
      await db.run(
        `UPDATE ${s}.items SET expires_at = $3 + ttl_ms WHERE space = $1 AND item_no = ANY($2) AND ttl_ms IS NOT NULL`,
        [space, numbers, now],
      );
    },

    async namespaces(space, { namespace, after = [], limit, now }) {
      const rows = await db.run<{ path: string }>(
        `SELECT DISTINCT path FROM ${s}.items
         WHERE space = $1 AND ${isBelow("$2::text")} AND path > $3 AND ${isThere("$4")} ORDER BY path LIMIT $5`,
        [space, toPath(namespace), toPath(after), now, limit],
      );
      return rows.map(({ path }) => toNamespace(path));
    },

    deleteExpired: (now, limit) =>
      db.transaction(async (query) => {
        const rows = await query(
          `DELETE FROM ${s}.items WHERE item_no IN (
             SELECT item_no FROM ${s}.items WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
           RETURNING 1`,
          [now, limit],
        );
        return rows.length;
      }),
  };
}

async function writeOne(
  query: Query,
  s: string,
  space: string,
  { change: { namespace, key, value, ttlMs }, at }: { change: ItemChange; at: number },
): Promise<void> {
  const place = [space, toPath(namespace), key];
  if (value === null) {
    await query(`DELETE FROM ${s}.items WHERE space = $1 AND path = $2 AND key = $3`, place);
    return;
  }
  await query(
    `INSERT INTO ${s}.items AS i (space, path, key, value, ttl_ms, expires_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5::bigint, $6::bigint + $5::bigint, $6, $6)
     ON CONFLICT (space, path, key) DO UPDATE SET value = excluded.value, ttl_ms = excluded.ttl_ms,
       expires_at = excluded.expires_at, updated_at = excluded.updated_at,
       created_at = CASE WHEN i.expires_at <= $6 THEN excluded.created_at ELSE i.created_at END`,
    [...place, JSON.stringify(value), ttlMs, at],
  );
}

/** Labels hold no dots: with one behind each, a namespace starts with those above it and no others. */
function toPath(namespace: string[]): string {
  return namespace.map((label) => `${label}.`).join("");
}

function toNamespace(path: string): string[] {
  return path.split(".").slice(0, -1);
}

function toItem(row: ItemRow): ItemRecord {
  return {
    number: row.item_no,
    namespace: toNamespace(row.path),
    key: row.key,
    value: JSON.parse(row.value) as JsonObject,
    ttlMs: row.ttl_ms,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
