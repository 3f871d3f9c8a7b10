import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Db } from "./connection.ts";
import type { EventRow } from "./rows.ts";

/** How many events a thread keeps as rows before they are packed, and how many a pack holds at most. */
const [looseEvents, packLength] = [64, 512];

/** What is still looked for, or folded, by row: states that the next run makes out of date, and questions. */
const stays = "method IN ('values', 'checkpoints', 'input.requested')";

/**
 * Packs a thread's folded events, inside the caller's transaction: many to a row, compressed together. They
 * say much the same many times over (the message's text, the node's update, the task's result), and take an
 * eighth of the bytes so. Their `seq`s stay.
 */
export function createPackEvents(db: Db): (threadNo: number) => void {
  const loose = db.prepare<[number], EventRow>(
    `SELECT e.seq, r.run_id, e.method, e.namespace, e.node, e.custom_name, e.at, e.is_ref, e.data
     FROM events e LEFT JOIN runs r ON r.run_no = e.run_no
     WHERE e.thread_no = ? AND NOT e.${stays} ORDER BY e.seq`,
  );
  const insert = db.prepare("INSERT INTO packed_events (thread_no, last_seq, bytes) VALUES (?, ?, ?)");
  const remove = db.prepare(`DELETE FROM events WHERE thread_no = ? AND NOT ${stays}`);
  return (threadNo) => {
    const rows = loose.all(threadNo);
    if (rows.length < looseEvents) return;
    for (let from = 0; from < rows.length; from += packLength) {
      const page = rows.slice(from, from + packLength);
      insert.run(threadNo, page.at(-1)?.seq, deflateRawSync(JSON.stringify(page.map(toPacked))));
    }
    remove.run(threadNo);
  };
}

type Packed = ReturnType<typeof toPacked>;

const toPacked = (row: EventRow) =>
  [
    row.seq,
    row.run_id,
    row.method,
    row.namespace,
    row.node,
    row.custom_name,
    row.at,
    row.is_ref,
    row.data,
  ] as const;

function toRow(packed: Packed): EventRow {
  const [seq, run_id, method, namespace, node, custom_name, at, is_ref, data] = packed;
  return { seq, run_id, method, namespace, node, custom_name, at, is_ref, data };
}

/** Reads packed events with `seq` > `after`, at least `limit` of them where there are so many. */
export function createReadPacked(db: Db): (threadNo: number, after: number, limit: number) => EventRow[] {
  const packs = db
    .prepare<[number, number], Buffer>(
      "SELECT bytes FROM packed_events WHERE thread_no = ? AND last_seq > ? ORDER BY last_seq",
    )
    .pluck();
  return (threadNo, after, limit) => {
    const rows: EventRow[] = [];
    for (const bytes of packs.iterate(threadNo, after)) {
      const page = JSON.parse(inflateRawSync(bytes).toString()) as Packed[];
      for (const packed of page) if (packed[0] > after) rows.push(toRow(packed));
      if (rows.length >= limit) break;
    }
    return rows;
  };
}
