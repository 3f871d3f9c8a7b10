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
      const rows = await db.run<EventRow>(
        `SELECT e.seq, r.run_id, e.method, e.namespace, e.node, e.custom_name, e.at, e.is_ref, e.data
         FROM ${s}.events e LEFT JOIN ${s}.runs r ON r.run_no = e.run_no
         WHERE e.thread_no = (SELECT thread_no FROM ${s}.threads WHERE thread_id = $1) AND e.seq > $2
         ORDER BY e.seq LIMIT $3`,
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
