import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import type { Db } from "./connection.ts";
import type { Place } from "./packs.ts";

type ChildrenOf = (bytes: Uint8Array) => string[];

interface Packed extends Place {
  bytes: Buffer | null;
}

/**
 * What is wrong with the contents of a database: the first hash that is not what its bytes say, that misses a part,
 * or that a state or a write misses. Undefined when all is well.
 */
export function findBadContent(db: Db, childrenOf: ChildrenOf): { bad?: string; missing?: string } {
  const exists = db
    .prepare<[{ threadNo: number; hash: string }]>(
      `SELECT 1 FROM contents WHERE thread_no = @threadNo AND hash = @hash
       UNION ALL SELECT 1 FROM packed_contents WHERE thread_no = @threadNo AND hash = @hash`,
    )
    .pluck();
  const has = (threadNo: number, hash: string) => exists.get({ threadNo, hash }) !== undefined;
  const bad = findBad(db, childrenOf, has);
  const missing = findMissing(db, has);
  return { ...(bad === undefined ? {} : { bad }), ...(missing === undefined ? {} : { missing }) };
}

type Has = (threadNo: number, hash: string) => boolean;

function findBad(db: Db, childrenOf: ChildrenOf, has: Has): string | undefined {
  const rows = db.prepare<[], Packed & { thread_no: number; hash: string }>(
    `SELECT thread_no, hash, bytes, NULL AS pack_no, 0 AS start, length(bytes) AS length FROM contents
     UNION ALL SELECT thread_no, hash, NULL, pack_no, start, length FROM packed_contents ORDER BY pack_no, start`,
  );
  const read = createReader(db);
  for (const row of rows.iterate()) {
    const bytes = read(row);
    if (bytes === undefined || nameOf(bytes) !== row.hash) return row.hash;
    if (!childrenOf(bytes).every((child) => has(row.thread_no, child))) return row.hash;
  }
  return undefined;
}

function findMissing(db: Db, has: Has): string | undefined {
  const writes = db.prepare<[], { thread_no: number; hash: string }>("SELECT thread_no, hash FROM writes");
  for (const { thread_no, hash } of writes.iterate()) if (!has(thread_no, hash)) return hash;
  const checkpoints = db.prepare<[], Packed & { thread_no: number; checkpoint_id: string }>(
    `SELECT c.thread_no, c.checkpoint_id, CAST(b.body AS BLOB) AS bytes, p.pack_no, p.start, p.length
     FROM checkpoints c
     LEFT JOIN checkpoint_bodies b ON b.thread_no = c.thread_no AND b.checkpoint_no = c.checkpoint_no
     LEFT JOIN packed_bodies p ON p.thread_no = c.thread_no AND p.checkpoint_no = c.checkpoint_no
     ORDER BY p.pack_no, p.start`,
  );
  const read = createReader(db);
  for (const row of checkpoints.iterate()) {
    const body = read(row);
    if (body === undefined) return row.checkpoint_id;
    const { channels = {} } = JSON.parse(body.toString()) as { channels?: Record<string, string> };
    for (const hash of Object.values(channels)) if (!has(row.thread_no, hash)) return hash;
  }
  return undefined;
}

/** Reads what is in a row, or in a pack; of rows in the order of their packs each is inflated once. */
function createReader(db: Db): (row: Packed) => Buffer | undefined {
  const packs = db.prepare<[number], Buffer>("SELECT bytes FROM packs WHERE pack_no = ?").pluck();
  let last: { packNo: number; inflated: Buffer | undefined } | undefined;
  return ({ pack_no: packNo, start, length, bytes }) => {
    if (packNo === null) return bytes ?? undefined;
    if (last?.packNo !== packNo) last = { packNo, inflated: inflate(packs.get(packNo)) };
    return last.inflated?.subarray(start, start + length);
  };
}

function inflate(bytes: Buffer | undefined): Buffer | undefined {
  try {
    return bytes && inflateRawSync(bytes);
  } catch {
    return undefined;
  }
}

function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest().subarray(0, 16).toString("base64url");
}
