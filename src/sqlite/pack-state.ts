import type { Db } from "./connection.ts";
import type { createPacks, Place } from "./packs.ts";

/** A pack holds at least so many bytes, or so many pieces. What is larger by itself stays by itself. */
const [packBytes, packPieces] = [64 * 1024, 256];

/** Contents that a thread has as rows before it is worth looking; at most so many are packed at once. */
const [fewContents, manyContents] = [192, 2048];

/** Newest checkpoints whose bodies stay as rows, and how many of those before them go into a pack. */
const [looseCheckpoints, checkpointsPerPack] = [64, 128];

type Packs = ReturnType<typeof createPacks>;

/**
 * Packs what is not new of a thread's state, inside the caller's transaction: its contents and the bodies of its
 * checkpoints. They take a fifth of the bytes so. Nothing is changed but where they are.
 */
export function createPackState(db: Db, packs: Packs): (threadNo: number) => void {
  const packContents = createPackContents(db, packs);
  const packBodies = createPackBodies(db, packs);
  return (threadNo) => {
    packContents(threadNo);
    packBodies(threadNo);
  };
}

interface Loose {
  rowid: number;
  is_value: number;
  length: number;
}

function createPackContents(db: Db, packs: Packs): (threadNo: number) => void {
  const count = db.prepare<[number], number>("SELECT count(*) FROM contents WHERE thread_no = ?").pluck();
  const oldest = `SELECT rowid, substr(bytes, 1, 1) = x'76' AS is_value, length(bytes) AS length FROM contents
     WHERE rowid IN (SELECT rowid FROM contents WHERE thread_no = ? ORDER BY rowid LIMIT ?)`;
  const loose = db.prepare<[number, number], Loose>(`${oldest} ORDER BY rowid`);
  /** Most turns of a thread fill no pack: to see that, no row needs to leave the database. */
  const hasFull = db.prepare<[number, number, number, number, number]>(
    `SELECT 1 FROM (${oldest}) WHERE length < ? GROUP BY is_value HAVING sum(length) >= ? OR count(*) >= ?`,
  );
  const byRowid = db.prepare<[number], { hash: string; bytes: Buffer }>(
    "SELECT hash, bytes FROM contents WHERE rowid = ?",
  );
  const insert = db.prepare(
    "INSERT INTO packed_contents (thread_no, hash, pack_no, start, length) VALUES (?, ?, ?, ?, ?)",
  );
  const remove = db.prepare("DELETE FROM contents WHERE rowid = ?");

  return (threadNo) => {
    if ((count.get(threadNo) ?? 0) < fewContents) return;
    if (hasFull.get(threadNo, manyContents, packBytes, packBytes, packPieces) === undefined) return;
    for (const group of fullGroups(loose.all(threadNo, manyContents))) {
      const rows = group.map((rowid) => byRowid.get(rowid) as { hash: string; bytes: Buffer });
      const places = packs.add(
        threadNo,
        rows.map(({ bytes }) => bytes),
      );
      for (const [index, { hash }] of rows.entries()) {
        const { pack_no, start, length } = places[index] as Place;
        insert.run(threadNo, hash, pack_no, start, length);
        remove.run(group[index]);
      }
    }
  };
}

/** Values and nodes, told apart by their first byte, have little in common. Groups that are not full yet wait. */
function fullGroups(rows: Loose[]): number[][] {
  const full: number[][] = [];
  const open = new Map<number, { rowids: number[]; bytes: number }>();
  for (const { rowid, is_value: kind, length } of rows) {
    if (length >= packBytes) continue;
    const group = open.get(kind) ?? { rowids: [], bytes: 0 };
    open.set(kind, group);
    group.rowids.push(rowid);
    group.bytes += length;
    if (group.bytes < packBytes && group.rowids.length < packPieces) continue;
    full.push(group.rowids);
    open.delete(kind);
  }
  return full;
}

function createPackBodies(db: Db, packs: Packs): (threadNo: number) => void {
  const count = db
    .prepare<[number], number>("SELECT count(*) FROM checkpoint_bodies WHERE thread_no = ?")
    .pluck();
  const oldest = db.prepare<[number, number], { checkpoint_no: number; body: string }>(
    "SELECT checkpoint_no, body FROM checkpoint_bodies WHERE thread_no = ? ORDER BY checkpoint_no LIMIT ?",
  );
  const insert = db.prepare(
    "INSERT INTO packed_bodies (thread_no, checkpoint_no, pack_no, start, length) VALUES (?, ?, ?, ?, ?)",
  );
  const remove = db.prepare("DELETE FROM checkpoint_bodies WHERE thread_no = ? AND checkpoint_no = ?");
  return (threadNo) => {
    let left = Math.min(count.get(threadNo) ?? 0, manyContents);
    for (; left >= looseCheckpoints + checkpointsPerPack; left -= checkpointsPerPack) {
      const rows = oldest.all(threadNo, checkpointsPerPack);
      const places = packs.add(
        threadNo,
        rows.map(({ body }) => Buffer.from(body)),
      );
      for (const [index, { checkpoint_no }] of rows.entries()) {
        const { pack_no, start, length } = places[index] as Place;
        insert.run(threadNo, checkpoint_no, pack_no, start, length);
        remove.run(threadNo, checkpoint_no);
      }
    }
  };
}
