import type { Db } from "./connection.ts";
import type { createPacks, Place } from "./packs.ts";

/**
 * Deletes the packs that nothing is left in, inside the caller's transaction, and takes apart those of which most
 * is gone.
 */
export function createTidyPacks(db: Db, packs: ReturnType<typeof createPacks>): (threadNo: number) => void {
  const used = `
    SELECT pack_no, sum(length) AS used FROM (
      SELECT pack_no, length FROM packed_contents WHERE thread_no = @threadNo
      UNION ALL
      SELECT pack_no, length FROM packed_bodies WHERE thread_no = @threadNo)
    GROUP BY pack_no`;
  const wasted = db
    .prepare<[{ threadNo: number }], number>(
      `SELECT k.pack_no FROM packs k JOIN (${used}) u USING (pack_no)
       WHERE k.thread_no = @threadNo AND u.used * 2 < k.size`,
    )
    .pluck();
  const contentsOf = db.prepare<[number, number], Place & { hash: string }>(
    "SELECT hash, pack_no, start, length FROM packed_contents WHERE thread_no = ? AND pack_no = ? ORDER BY start",
  );
  const bodiesOf = db.prepare<[number, number], Place & { checkpoint_no: number }>(
    "SELECT checkpoint_no, pack_no, start, length FROM packed_bodies WHERE thread_no = ? AND pack_no = ?",
  );
  const insertContent = db.prepare("INSERT INTO contents (thread_no, hash, bytes) VALUES (?, ?, ?)");
  const insertBody = db.prepare(
    "INSERT INTO checkpoint_bodies (thread_no, checkpoint_no, body) VALUES (?, ?, ?)",
  );
  const removals = ["packed_contents", "packed_bodies"].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE thread_no = ? AND pack_no = ?`),
  );
  const removeEmpty = db.prepare(
    `DELETE FROM packs WHERE thread_no = @threadNo AND pack_no NOT IN (SELECT pack_no FROM (${used}))`,
  );
  return (threadNo) => {
    for (const packNo of wasted.all({ threadNo })) {
      for (const { hash, ...place } of contentsOf.all(threadNo, packNo))
        insertContent.run(threadNo, hash, packs.read(place));
      for (const { checkpoint_no, ...place } of bodiesOf.all(threadNo, packNo))
        insertBody.run(threadNo, checkpoint_no, packs.read(place).toString());
      for (const statement of removals) statement.run(threadNo, packNo);
    }
    removeEmpty.run({ threadNo });
  };
}
