import type { InboxQuery, InterruptPort } from "../core/ports.ts";
import { createAnswerInterrupts } from "./answer-interrupts.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { type InterruptRow, selectInterrupts, toInterrupt } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";
import { createUndoAnswer } from "./undo-answer.ts";

export function createInterruptPort(connection: Connection): InterruptPort {
  const { db } = connection;
  const answer = createAnswerInterrupts(connection);
  const undo = createUndoAnswer(connection);
  const newest = db.prepare<[string, string], InterruptRow>(
    `${selectInterrupts} WHERE t.thread_id = ? AND i.interrupt_id IN (SELECT value FROM json_each(?))
     ORDER BY i.interrupt_no`,
  );
  const open = db.prepare<[string], InterruptRow>(
    `${selectInterrupts} WHERE t.thread_id IN (SELECT value FROM json_each(?)) AND i.status = 'open'
     ORDER BY i.interrupt_no`,
  );
  const answered = db.prepare<[string], InterruptRow>(
    `${selectInterrupts} WHERE t.thread_id = ? AND i.answer IS NOT NULL AND i.is_void = 0 ORDER BY i.interrupt_no`,
  );
  const due = db.prepare<[number, number], InterruptRow>(
    `${selectInterrupts} WHERE i.status = 'open' AND i.expires_at IS NOT NULL AND i.expires_at <= ?
       AND i.on_expiry <> '{"type":"hold"}' ORDER BY i.expires_at LIMIT ?`,
  );
  const byId = db.prepare<[string, number], InterruptRow>(
    `${selectInterrupts} WHERE i.interrupt_no IN
       (SELECT max(interrupt_no) FROM interrupts WHERE interrupt_id = ? GROUP BY thread_no)
     ORDER BY i.interrupt_no DESC LIMIT ?`,
  );
  return {
    answer: async (command) => answer(command),
    undo: async (command) => undo(command),
    async find(threadId, interruptIds) {
      const rows = newest.all(threadId, JSON.stringify(interruptIds)).map(toInterrupt);
      return [...new Map(rows.map((row) => [row.interruptId, row])).values()];
    },
    listOpen: async (threadIds) => open.all(JSON.stringify(threadIds)).map(toInterrupt),
    listAnswered: async (threadId) => answered.all(threadId).map(toInterrupt),
    inbox: createInbox(connection),
    listById: async (interruptId, limit) => byId.all(interruptId, limit).map(toInterrupt),
    listDue: async (now, limit) => due.all(now, limit).map(toInterrupt),
    close: createClose(connection),
  };
}

/** The newest open rows. Each filter that may leave few rows of many walks an index of its own. */
function createInbox({ db }: Connection): InterruptPort["inbox"] {
  return async ({ owner, graphId, assignees, before, limit }: InboxQuery) => {
    const page = { before: before ?? Number.MAX_SAFE_INTEGER, limit, owner, graphId };
    // A graph has more questions than an owner: with both, `+` keeps the graph's index out of it.
    const ofGraph = owner === undefined ? "i.graph_id" : "+i.graph_id";
    const filter = `i.status = 'open' AND i.interrupt_no < @before
      ${owner === undefined ? "" : "AND i.owner = @owner"} ${graphId === undefined ? "" : `AND ${ofGraph} = @graphId`}`;
    if (assignees === undefined) {
      return db
        .prepare<[typeof page], InterruptRow>(
          `${selectInterrupts} WHERE ${filter} ORDER BY i.interrupt_no DESC LIMIT @limit`,
        )
        .all(page)
        .map(toInterrupt);
    }
    const audiences = ["", ...new Set(assignees)];
    // An owner's questions are few among all, and those for everybody are most of them: the owner's index is walked.
    if (owner !== undefined) {
      return db
        .prepare<[typeof page & { audiences: string }], InterruptRow>(
          `${selectInterrupts} WHERE ${filter} AND EXISTS (SELECT 1 FROM assignments s
             WHERE s.interrupt_no = i.interrupt_no AND s.assignee IN (SELECT value FROM json_each(@audiences)))
           ORDER BY i.interrupt_no DESC LIMIT @limit`,
        )
        .all({ ...page, audiences: JSON.stringify(audiences) })
        .map(toInterrupt);
    }
    const ofOne = db.prepare<[typeof page & { assignee: string }], InterruptRow>(
      `${selectInterrupts} JOIN assignments s ON s.interrupt_no = i.interrupt_no AND s.assignee = @assignee
       WHERE ${filter} AND s.interrupt_no < @before ORDER BY s.interrupt_no DESC LIMIT @limit`,
    );
    const rows = audiences.flatMap((assignee) => ofOne.all({ ...page, assignee }));
    return [...new Map(rows.map((row) => [row.interrupt_no, row])).values()]
      .sort((a, b) => b.interrupt_no - a.interrupt_no)
      .slice(0, limit)
      .map(toInterrupt);
  };
}

function createClose({ db, write }: Connection): InterruptPort["close"] {
  const threadNo = db.prepare<[string], number>("SELECT thread_no FROM threads WHERE thread_id = ?").pluck();
  const close = db.prepare(
    "UPDATE interrupts SET status = ? WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'",
  );
  const isOpen = db.prepare<[number, string]>(
    "SELECT 1 FROM interrupts WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'",
  );
  const append = createAppendEvents(db);
  const refreshStatus = createRefreshStatus(db);
  return async (threadId, interruptIds, { status, at, event }) =>
    write(() => {
      const no = threadNo.get(threadId);
      if (no === undefined || !interruptIds.every((id) => isOpen.get(no, id) !== undefined)) return false;
      for (const id of interruptIds) close.run(status, no, id);
      const events = append(no, null, [event]);
      refreshStatus(no, at);
      return events;
    });
}
