import type { ItemPort, ItemRecord } from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Connection } from "./connection.ts";
import { createFence, createNoteActed } from "./record-facts.ts";

interface ItemRow {
  item_no: number;
  path: string;
  key: string;
  value: string;
  ttl_ms: number | null;
  created_at: number;
  updated_at: number;
}

const isThere = "(expires_at IS NULL OR expires_at > @now)";
const isBelow = "path >= @path AND path < @path || char(1114111)";

export function createItemPort({ db, write }: Connection): ItemPort {
  const put = db.prepare(
    `INSERT INTO items (space, path, key, value, ttl_ms, expires_at, created_at, updated_at)
     VALUES (@space, @path, @key, @value, @ttlMs, @at + @ttlMs, @at, @at)
     ON CONFLICT (space, path, key) DO UPDATE SET value = excluded.value, ttl_ms = excluded.ttl_ms,
       expires_at = excluded.expires_at, updated_at = excluded.updated_at,
       created_at = CASE WHEN expires_at <= @at THEN excluded.created_at ELSE created_at END`,
  );
  const remove = db.prepare("DELETE FROM items WHERE space = @space AND path = @path AND key = @key");
  const find = db.prepare<[Record<string, unknown>], ItemRow>(
    `SELECT * FROM items WHERE space = @space AND path = @path AND key = @key AND ${isThere}`,
  );
  const list = db.prepare<[Record<string, unknown>], ItemRow>(
    `SELECT * FROM items WHERE space = @space AND ${isBelow} AND ${isThere}
       AND (@updatedAt IS NULL OR (updated_at, item_no) < (@updatedAt, @number))
     ORDER BY updated_at DESC, item_no DESC LIMIT @limit`,
  );
  const extend = db.prepare(
    "UPDATE items SET expires_at = @now + ttl_ms WHERE space = @space AND item_no = @number AND ttl_ms IS NOT NULL",
  );
  const paths = db
    .prepare<[Record<string, unknown>], string>(
      `SELECT DISTINCT path FROM items WHERE space = @space AND ${isBelow} AND path > @after AND ${isThere}
       ORDER BY path LIMIT @limit`,
    )
    .pluck();
  const removeExpired = db.prepare(
    `DELETE FROM items WHERE item_no IN (SELECT item_no FROM items WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  );
  const fence = createFence(db);
  const noteActed = createNoteActed(db);

  return {
    async write(space, changes, { at, lease }) {
      write(() => {
        if (lease) noteActed(fence(lease, at).runNo);
        for (const { namespace, key, value, ttlMs } of changes) {
          const place = { space, path: toPath(namespace), key };
          if (value === null) remove.run(place);
          else put.run({ ...place, value: JSON.stringify(value), ttlMs, at });
        }
      });
    },

    async find(space, keys, now) {
      return keys.flatMap(({ namespace, key }) => {
        const row = find.get({ space, path: toPath(namespace), key, now });
        return row ? [toItem(row)] : [];
      });
    },

    async list(space, { namespace, before, limit, now }) {
      const { updatedAt = null, number = null } = before ?? {};
      return list.all({ space, path: toPath(namespace), updatedAt, number, limit, now }).map(toItem);
    },

    async extend(space, numbers, now) {
      write(() => {
        for (const number of numbers) extend.run({ space, number, now });
      });
    },

    async namespaces(space, { namespace, after = [], limit, now }) {
      return paths.all({ space, path: toPath(namespace), after: toPath(after), limit, now }).map(toNamespace);
    },

    async deleteExpired(now, limit) {
      return write(() => removeExpired.run(now, limit).changes);
    },
  };
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
