import type { LogPort } from "../core/ports.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { createReadPacked } from "./pack-events.ts";
import { type EventRow, toEvent } from "./rows.ts";

export function createLogPort({ db, write }: Connection): LogPort {
  const threadNo = db.prepare<[string], number>("SELECT thread_no FROM threads WHERE thread_id = ?").pluck();
  const lastSeq = db.prepare<[string], number>("SELECT last_seq FROM threads WHERE thread_id = ?").pluck();
  const page = db.prepare<[number, number, number], EventRow>(
    `SELECT e.seq, r.run_id, e.method, e.namespace, e.node, e.custom_name, e.at, e.is_ref, e.data
     FROM events e LEFT JOIN runs r ON r.run_no = e.run_no
     WHERE e.thread_no = ? AND e.seq > ? ORDER BY e.seq LIMIT ?`,
  );
  const readPacked = createReadPacked(db);
  const append = createAppendEvents(db);
  return {
    async append(threadId, events) {
      return write(() => {
        const no = threadNo.get(threadId);
        return no === undefined ? [] : append(no, null, events);
      });
    },
    async read(threadId, after, limit) {
      const no = threadNo.get(threadId);
      if (no === undefined) return [];
      const packed = readPacked(no, after, limit);
      const rows = page.all(no, after, limit);
      const both = packed.length === 0 ? rows : [...packed, ...rows].sort((a, b) => a.seq - b.seq);
      return both.slice(0, limit).map(toEvent);
    },
    lastSeq: async (threadId) => lastSeq.get(threadId) ?? 0,
  };
}
