import type { EventRecord, InterruptRecord, TooLate, UndoAnswer, UndoOutcome } from "../core/ports.ts";
import { appendEvents } from "./append-events.ts";
import type { Database, Query } from "./database.ts";
import { foldEvents } from "./fold-events.ts";
import { lockThread } from "./lock-thread.ts";
import { type InterruptRow, type RunRow, selectInterrupts, selectRuns, toInterrupt, toRun } from "./rows.ts";
import { takeBackState } from "./take-back-state.ts";
import { refreshStatus } from "./thread-status.ts";

export function createUndoAnswer(db: Database): (command: UndoAnswer) => Promise<UndoOutcome> {
  const { s } = db;
  return (command) =>
    db.transaction(async (query): Promise<UndoOutcome> => {
      const { interruptId, actor, ofOthers } = command;
      const threadNo = (await lockThread(query, s, command.threadId))?.thread_no;
      const row = threadNo === undefined ? undefined : await findNewest(query, s, threadNo, interruptId);
      if (threadNo === undefined || row === undefined) return { type: "unknown" };
      const { answer, status } = row;
      if (answer === null || (status !== "answered" && status !== "undone")) {
        return { type: "too_late", reason: "not_answered", status };
      }
      const isOwn = answer.actor.id === actor.id && answer.actor.verified === actor.verified;
      if (!isOwn && !ofOthers) return { type: "foreign", answeredBy: answer.actor };
      const again = command.idAfter(interruptId);
      if (status === "undone") {
        const now = await findNewest(query, s, threadNo, again);
        if (now?.status !== "open") return { type: "too_late", reason: "undone" };
        return { type: "repeated", interruptId: again };
      }
      const [run] = await query<RunRow>(`${selectRuns(s)} WHERE r.run_id = $1`, [answer.runId]);
      const tooLate = await findReason(query, s, run as RunRow);
      if (tooLate) return { type: "too_late", ...tooLate };
      const events = await takeAllBack(query, s, run as RunRow, command);
      return { type: "undone", interruptId: again, runId: answer.runId, events };
    });
}

async function findNewest(
  query: Query,
  s: string,
  threadNo: number,
  interruptId: string,
): Promise<InterruptRecord | undefined> {
  const [row] = await query<InterruptRow>(
    `${selectInterrupts(s)} WHERE i.thread_no = $1 AND i.interrupt_id = $2 ORDER BY i.interrupt_no DESC LIMIT 1`,
    [threadNo, interruptId],
  );
  return row && toInterrupt(row);
}

/** Why the answers that a run carries stay, if they do. */
async function findReason(
  query: Query,
  s: string,
  { thread_no: threadNo, run_no: runNo, status, acted }: RunRow,
): Promise<TooLate | undefined> {
  if (status !== "pending" && status !== "running") return { reason: "ended" };
  if (acted) return { reason: "acted" };
  const [overtaking] = await query<{ run_id: string }>(
    `SELECT run_id FROM ${s}.runs WHERE thread_no = $1 AND run_no > $2
       AND (attempt > 0 OR (kind = 'resume' AND status = 'pending')) ORDER BY run_no LIMIT 1`,
    [threadNo, runNo],
  );
  if (overtaking) return { reason: "overtaken", runId: overtaking.run_id };
  const voided = await query(`SELECT 1 FROM ${s}.interrupts WHERE answer_run_no = $1 AND is_void`, [runNo]);
  return voided.length === 0 ? undefined : { reason: "state_written" };
}

async function takeAllBack(
  query: Query,
  s: string,
  row: RunRow,
  command: UndoAnswer,
): Promise<EventRecord[]> {
  const { thread_no: threadNo, run_no: runNo } = row;
  const { at } = command;
  const closed = await query<{ interrupt_id: string }>(
    `UPDATE ${s}.interrupts SET status = 'superseded' WHERE thread_no = $1 AND run_no = $2 AND status = 'open'
     RETURNING interrupt_id`,
    [threadNo, runNo],
  );
  const answered = await query<InterruptRow>(
    `${selectInterrupts(s)} WHERE i.answer_run_no = $1 AND i.status = 'answered' ORDER BY i.interrupt_no`,
    [runNo],
  );
  const asked = new Map<string, InterruptRecord>();
  for (const one of answered) asked.set(one.interrupt_id, await reopen(query, s, one, command));
  const head = row.attempt > 0 ? await takeBackState(query, s, { threadNo, runNo }) : undefined;
  await endRun(query, s, { threadNo, runNo, at });
  const told = command.told({
    run: toRun(row),
    asked,
    closed: closed.map(({ interrupt_id }) => interrupt_id),
    head,
  });
  const events = await appendEvents(query, s, { threadNo, runNo }, told);
  await foldEvents(query, s, threadNo);
  await refreshStatus(query, s, { threadNo, at, hasNewState: true });
  return events;
}

/** Ends the run, and takes it from whoever holds it. */
async function endRun(
  query: Query,
  s: string,
  { threadNo, runNo, at }: { threadNo: number; runNo: number; at: number },
): Promise<void> {
  await query(
    `WITH ended AS (
       UPDATE ${s}.runs SET status = 'interrupted', ready = false, lease_owner = NULL, lease_ms = NULL,
         lease_until = NULL, lease_limit = NULL, updated_at = $3
       WHERE run_no = $2
     )
     UPDATE ${s}.threads SET active_run_no = NULL, active_attempt = NULL WHERE thread_no = $1 AND active_run_no = $2`,
    [threadNo, runNo, at],
  );
}

/** Opens a question again as a row of its own; what was answered about an effect is in doubt again. */
async function reopen(
  query: Query,
  s: string,
  { interrupt_no: no, interrupt_id: id, effect_key: key, answered_at: answeredAt }: InterruptRow,
  { idAfter, at }: UndoAnswer,
): Promise<InterruptRecord> {
  await query(`UPDATE ${s}.interrupts SET status = 'undone', is_void = true WHERE interrupt_no = $1`, [no]);
  if (key !== null) {
    await query(
      `UPDATE ${s}.effects SET status = 'in_doubt', result = 'null', ended_at = NULL
       WHERE thread_no = (SELECT thread_no FROM ${s}.interrupts WHERE interrupt_no = $1) AND key = $2 AND ended_at = $3
         AND status IN ('failed', 'finished', 'skipped')`,
      [no, key, answeredAt],
    );
  }
  const [opened] = await query<{ no: number }>(
    `INSERT INTO ${s}.interrupts (thread_no, interrupt_id, engine_id, owner, source, effect_key, assignees, expires_at,
       on_expiry, run_no, graph_id, task_id, namespace, value, response_schema, digest, status, opened_at)
     SELECT thread_no, $2, CASE source WHEN 'graph' THEN coalesce(engine_id, interrupt_id) END, owner, source, effect_key,
       assignees, expires_at, on_expiry, run_no, graph_id, task_id, namespace, value, response_schema, digest, 'open', $3
     FROM ${s}.interrupts WHERE interrupt_no = $1 RETURNING interrupt_no AS no`,
    [no, idAfter(id), at],
  );
  const [row] = await query<InterruptRow>(`${selectInterrupts(s)} WHERE i.interrupt_no = $1`, [opened?.no]);
  return toInterrupt(row as InterruptRow);
}
