import type { InterruptPort, LogPort } from "../core/ports.ts";
import { createAnswerInterrupts } from "./answer-interrupts.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { type EventRow, type InterruptRow, selectInterrupts, toEvent, toInterrupt } from "./rows.ts";

export function createInterruptPort(connection: Connection): InterruptPort {
  const { db } = connection;
  const answer = createAnswerInterrupts(connection);
  const newest = db.prepare<[string, string], InterruptRow>(
    `${selectInterrupts} WHERE t.thread_id = ? AND i.interrupt_id IN (SELECT value FROM json_each(?))
     ORDER BY i.interrupt_no`,
  );
  const open = db.prepare<[string], InterruptRow>(
    `${selectInterrupts} WHERE t.thread_id IN (SELECT value FROM json_each(?)) AND i.status = 'open'
     ORDER BY i.interrupt_no`,
  );
  const answered = db.prepare<[string], InterruptRow>(
    `${selectInterrupts} WHERE t.thread_id = ? AND i.status = 'answered' ORDER BY i.interrupt_no`,
  );
  return {
    answer: async (command) => answer(command),
    async find(threadId, interruptIds) {
      const rows = newest.all(threadId, JSON.stringify(interruptIds)).map(toInterrupt);
      return [...new Map(rows.map((row) => [row.interruptId, row])).values()];
    },
    listOpen: async (threadIds) => open.all(JSON.stringify(threadIds)).map(toInterrupt),
    listAnswered: async (threadId) => answered.all(threadId).map(toInterrupt),
  };
}

export function createLogPort({ db, write }: Connection): LogPort {
  const threadNo = db.prepare<[string], number>("SELECT thread_no FROM threads WHERE thread_id = ?").pluck();
  const lastSeq = db.prepare<[string], number>("SELECT last_seq FROM threads WHERE thread_id = ?").pluck();
  const page = db.prepare<[string, number, number], EventRow>(
    `SELECT e.seq, r.run_id, e.method, e.namespace, e.node, e.custom_name, e.at, e.is_ref, e.data
     FROM events e LEFT JOIN runs r ON r.run_no = e.run_no
     WHERE e.thread_no = (SELECT thread_no FROM threads WHERE thread_id = ?) AND e.seq > ?
     ORDER BY e.seq LIMIT ?`,
  );
  const append = createAppendEvents(db);
  return {
    async append(threadId, events) {
      return write(() => {
        const no = threadNo.get(threadId);
        return no === undefined ? [] : append(no, null, events);
      });
    },
    read: async (threadId, after, limit) => page.all(threadId, after, limit).map(toEvent),
    lastSeq: async (threadId) => lastSeq.get(threadId) ?? 0,
  };
}
