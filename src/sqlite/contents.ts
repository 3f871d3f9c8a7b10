import type { Content } from "../core/ports.ts";
import type { Db } from "./connection.ts";
import type { createPacks, Place } from "./packs.ts";

/** Inserts contents that the thread does not have yet, inside the caller's transaction. */
export function createInsertContents(db: Db): (threadNo: number, contents: readonly Content[]) => void {
  const insert = db.prepare(
    `INSERT INTO contents (thread_no, hash, bytes) SELECT @threadNo, @hash, @bytes
     WHERE NOT EXISTS (SELECT 1 FROM packed_contents WHERE thread_no = @threadNo AND hash = @hash)
     ON CONFLICT DO NOTHING`,
  );
  return (threadNo, contents) => {
    for (const { hash, bytes } of contents) insert.run({ threadNo, hash, bytes });
  };
}

/** Reads contents, of rows of their own and out of packs. Those that are not there are left out. */
export function createReadContents(db: Db, packs: ReturnType<typeof createPacks>) {
  const ofThread = "thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?)";
  const loose = db.prepare<[string, string], { hash: string; bytes: Buffer }>(
    `SELECT hash, bytes FROM contents WHERE ${ofThread} AND hash IN (SELECT value FROM json_each(?))`,
  );
  const packed = db.prepare<[string, string], Place & { hash: string }>(
    `SELECT hash, pack_no, start, length FROM packed_contents
     WHERE ${ofThread} AND hash IN (SELECT value FROM json_each(?))`,
  );
  return async (threadId: string, hashes: readonly string[]): Promise<Map<string, Uint8Array>> => {
    const found = new Map<string, Uint8Array>();
    for (const { hash, bytes } of loose.iterate(threadId, JSON.stringify(hashes))) found.set(hash, bytes);
    const left = hashes.filter((hash) => !found.has(hash));
    if (left.length === 0) return found;
    const places = packed.all(threadId, JSON.stringify(left));
    const pieces = await packs.readAll(places);
    for (const [index, { hash }] of places.entries()) found.set(hash, pieces[index] as Buffer);
    return found;
  };
}
