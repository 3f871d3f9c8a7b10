import type { LogPort } from "../core/ports.ts";
import { appendEvents } from "./append-events.ts";
import type { Database } from "./database.ts";
import { lockThread } from "./lock-thread.ts";
import { type EventRow, toEvent } from "./rows.ts";

export function createLogPort(db: Database): LogPort {
  const { s } = db;
  return {
    append: (threadId, events) =>
      db.transaction(async (query) => {
        const thread = await lockThread(query, s, threadId);
        if (thread === undefined) return [];
        return appendEvents(query, s, { threadNo: thread.thread_no, runNo: null }, events);
      }),

    async read(threadId, after, limit) {
      // The page is cut before anything is joined: else the rest of the log may be read and sorted for it.
      const rows = await db.run<EventRow>(
        `SELECT e.seq, r.run_id, e.method, e.namespace, e.node, e.custom_name, e.at, e.is_ref, e.data
         FROM (
           SELECT * FROM ${s}.events
           WHERE thread_no = (SELECT thread_no FROM ${s}.threads WHERE thread_id = $1) AND seq > $2
           ORDER BY seq LIMIT $3
         ) AS e LEFT JOIN ${s}.runs r ON r.run_no = e.run_no
         ORDER BY e.seq`,
        [threadId, after, limit],
      );
      return rows.map(toEvent);
    },

    async lastSeq(threadId) {
      const [row] = await db.run<{ last_seq: number }>(
        `SELECT last_seq FROM ${s}.threads WHERE thread_id = $1`,
        [threadId],
      );
      return row?.last_seq ?? 0;
    },
  };
}
