import type { InboxQuery, InterruptPort } from "../core/ports.ts";
import { createAnswerInterrupts } from "./answer-interrupts.ts";
import { appendEvents } from "./append-events.ts";
import type { Database } from "./database.ts";
import { lockThread } from "./lock-thread.ts";
import { type InterruptRow, selectInterrupts, toInterrupt } from "./rows.ts";
import { refreshStatus } from "./thread-status.ts";
import { createUndoAnswer } from "./undo-answer.ts";

export function createInterruptPort(db: Database): InterruptPort {
  const { s } = db;
  const select = async (tail: string, values: unknown[]) =>
    (await db.run<InterruptRow>(`${selectInterrupts(s)} ${tail}`, values)).map(toInterrupt);
  return {
    answer: createAnswerInterrupts(db),
    undo: createUndoAnswer(db),

    async find(threadId, interruptIds) {
      const rows = await select(
        "WHERE t.thread_id = $1 AND i.interrupt_id = ANY($2) ORDER BY i.interrupt_no",
        [threadId, interruptIds],
      );
      return [...new Map(rows.map((row) => [row.interruptId, row])).values()];
    },

    listOpen: (threadIds) =>
      select("WHERE t.thread_id = ANY($1) AND i.status = 'open' ORDER BY i.interrupt_no", [threadIds]),

    listAnswered: (threadId) =>
      select("WHERE t.thread_id = $1 AND i.answer IS NOT NULL AND NOT i.is_void ORDER BY i.interrupt_no", [
        threadId,
      ]),

    inbox(query) {
      const { numbers, values } = toInboxQuery(s, query);
      return select(`WHERE i.interrupt_no IN (${numbers}) ORDER BY i.interrupt_no DESC`, values);
    },

    listById: (interruptId, limit) =>
      select(
        `WHERE i.interrupt_no IN
           (SELECT max(interrupt_no) FROM ${s}.interrupts WHERE interrupt_id = $1 GROUP BY thread_no)
         ORDER BY i.interrupt_no DESC LIMIT $2`,
        [interruptId, limit],
      ),

    listDue: (now, limit) =>
      select(
        `WHERE i.status = 'open' AND i.expires_at <= $1 AND i.on_expiry <> '{"type":"hold"}'
         ORDER BY i.expires_at, i.interrupt_no LIMIT $2`,
        [now, limit],
      ),

    close: createCloseInterrupts(db),
  };
}

/**
 * The numbers of one page. Each audience that is asked for walks the end of an index in which everything
 * else that is asked for comes first, so a page costs the same however many are open.
 */
export function toInboxQuery(
  s: string,
  { owner, graphId, assignees, before, limit }: InboxQuery,
): { numbers: string; values: unknown[] } {
  const audiences =
    assignees === undefined
      ? ["*"]
      : ["", ...new Set(assignees)].map((name) => (name === "" ? "" : `=${name}`));
  const values: unknown[] = [audiences, before ?? Number.MAX_SAFE_INTEGER, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const ofOwner = owner === undefined ? "" : `AND owner = ${bind(owner)}`;
  const ofGraph = graphId === undefined ? "" : `AND graph_id = ${bind(graphId)}`;
  const numbers = `
    SELECT DISTINCT page.interrupt_no FROM unnest($1::text[]) AS a (audience), LATERAL (
      SELECT interrupt_no FROM ${s}.inbox
      WHERE audience = a.audience AND interrupt_no < $2 ${ofOwner} ${ofGraph}
      ORDER BY interrupt_no DESC LIMIT $3
    ) AS page ORDER BY page.interrupt_no DESC LIMIT $3`;
  return { numbers, values };
}

function createCloseInterrupts(db: Database): InterruptPort["close"] {
  const { s } = db;
  return (threadId, interruptIds, { status, at, event }) =>
    db.transaction(async (query) => {
      const thread = await lockThread(query, s, threadId);
      if (thread === undefined) return false;
      const { thread_no: threadNo } = thread;
      const open = await query<{ interrupt_no: number }>(
        `SELECT interrupt_no FROM ${s}.interrupts
         WHERE thread_no = $1 AND interrupt_id = ANY($2) AND status = 'open'`,
        [threadNo, interruptIds],
      );
      if (open.length < new Set(interruptIds).size) return false;
      await query(`UPDATE ${s}.interrupts SET status = $2 WHERE interrupt_no = ANY($1)`, [
        open.map(({ interrupt_no }) => interrupt_no),
        status,
      ]);
      const events = await appendEvents(query, s, { threadNo, runNo: null }, [event]);
      await refreshStatus(query, s, { threadNo, at });
      return events;
    });
}
