import type {
  EventRecord,
  InterruptRecord,
  RunRecord,
  TooLate,
  UndoAnswer,
  UndoOutcome,
} from "../core/ports.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection, Db } from "./connection.ts";
import { createFoldEvents } from "./fold-events.ts";
import { selectRuns } from "./insert-run.ts";
import { createPackEvents } from "./pack-events.ts";
import { type InterruptRow, type RunRow, selectInterrupts, toInterrupt, toRun } from "./rows.ts";
import { createTakeBackState } from "./take-back-state.ts";
import { createRefreshStatus } from "./thread-status.ts";

export function createUndoAnswer({ db, write }: Connection): (command: UndoAnswer) => UndoOutcome {
  const threadNoOf = db
    .prepare<[string], number>("SELECT thread_no FROM threads WHERE thread_id = ?")
    .pluck();
  const newestRow = db.prepare<[number, string], InterruptRow>(
    `${selectInterrupts} WHERE i.thread_no = ? AND i.interrupt_id = ? ORDER BY i.interrupt_no DESC LIMIT 1`,
  );
  const answeredBy = db.prepare<[number], InterruptRow>(
    `${selectInterrupts} WHERE i.answer_run_no = ? AND i.status = 'answered' ORDER BY i.interrupt_no`,
  );
  const runById = db.prepare<[string], RunRow>(`${selectRuns} WHERE r.run_id = ?`);
  const findReason = createFindReason(db);
  const end = db.prepare(
    `UPDATE runs SET status = 'interrupted', ready = 0, lease_owner = NULL, lease_until = NULL, updated_at = ?
     WHERE run_no = ?`,
  );
  const closeAsked = db
    .prepare<[number, number], string>(
      "UPDATE interrupts SET status = 'superseded' WHERE thread_no = ? AND run_no = ? AND status = 'open' RETURNING interrupt_id",
    )
    .pluck();
  const reopen = createReopen(db);
  const takeBack = createTakeBackState(db);
  const append = createAppendEvents(db);
  const fold = createFoldEvents(db);
  const pack = createPackEvents(db);
  const refreshStatus = createRefreshStatus(db);

  function takeAllBack(run: RunRecord, runRow: RunRow, command: UndoAnswer): EventRecord[] {
    const { thread_no: threadNo, run_no: runNo } = runRow;
    const closed = closeAsked.all(threadNo, runNo);
    const asked = new Map(
      answeredBy.all(runNo).map((row) => [row.interrupt_id, reopen(row, command)] as const),
    );
    const head = run.attempt > 0 ? takeBack(threadNo, runNo) : undefined;
    end.run(command.at, runNo);
    const events = append(threadNo, runNo, command.told({ run, asked, closed, head }));
    fold(threadNo);
    pack(threadNo);
    refreshStatus(threadNo, command.at, null, true);
    return events;
  }

  return (command) =>
    write((): UndoOutcome => {
      const { interruptId, actor, ofOthers } = command;
      const threadNo = threadNoOf.get(command.threadId);
      const row = threadNo === undefined ? undefined : newestRow.get(threadNo, interruptId);
      if (threadNo === undefined || row === undefined) return { type: "unknown" };
      const { answer, status } = toInterrupt(row);
      if (answer === null || (status !== "answered" && status !== "undone")) {
        return { type: "too_late", reason: "not_answered", status };
      }
      const isOwn = answer.actor.id === actor.id && answer.actor.verified === actor.verified;
      if (!isOwn && !ofOthers) return { type: "foreign", answeredBy: answer.actor };
      const again = command.idAfter(interruptId);
      if (status === "undone") {
        if (newestRow.get(threadNo, again)?.status !== "open") return { type: "too_late", reason: "undone" };
        return { type: "repeated", interruptId: again };
      }
      const runRow = runById.get(answer.runId) as RunRow;
      const tooLate = findReason(runRow);
      if (tooLate) return { type: "too_late", ...tooLate };
      const events = takeAllBack(toRun(runRow), runRow, command);
      return { type: "undone", interruptId: again, runId: answer.runId, events };
    });
}

/** Why the answers that a run carries stay, if they do. */
function createFindReason(db: Db): (run: RunRow) => TooLate | undefined {
  const overtaking = db
    .prepare<[number, number], string>(
      `SELECT run_id FROM runs WHERE thread_no = ? AND run_no > ?
         AND (attempt > 0 OR (kind = 'resume' AND status = 'pending')) ORDER BY run_no LIMIT 1`,
    )
    .pluck();
  const isVoid = db.prepare<[number]>("SELECT 1 FROM interrupts WHERE answer_run_no = ? AND is_void = 1");
  return ({ thread_no: threadNo, run_no: runNo, status, acted }) => {
    if (status !== "pending" && status !== "running") return { reason: "ended" };
    if (acted === 1) return { reason: "acted" };
    const runId = overtaking.get(threadNo, runNo);
    if (runId !== undefined) return { reason: "overtaken", runId };
    return isVoid.get(runNo) === undefined ? undefined : { reason: "state_written" };
  };
}

/** Opens a question again as a row of its own; what was answered about an effect is in doubt again. */
function createReopen(db: Db): (row: InterruptRow, command: UndoAnswer) => InterruptRecord {
  const mark = db.prepare("UPDATE interrupts SET status = 'undone', is_void = 1 WHERE interrupt_no = ?");
  const doubt = db.prepare(
    `UPDATE effects SET status = 'in_doubt', result = 'null', ended_at = NULL
     WHERE thread_no = (SELECT thread_no FROM interrupts WHERE interrupt_no = @no) AND key = @key AND ended_at = @at
       AND status IN ('failed', 'finished', 'skipped')`,
  );
  const insert = db
    .prepare<[{ no: number; id: string; at: number }], number>(
      `INSERT INTO interrupts (thread_no, interrupt_id, engine_id, owner, source, effect_key, assignees, expires_at,
         on_expiry, run_no, graph_id, task_id, namespace, value, response_schema, digest, status, opened_at)
       SELECT thread_no, @id, CASE source WHEN 'graph' THEN coalesce(engine_id, interrupt_id) END, owner, source, effect_key,
         assignees, expires_at, on_expiry, run_no, graph_id, task_id, namespace, value, response_schema, digest, 'open', @at
       FROM interrupts WHERE interrupt_no = @no RETURNING interrupt_no`,
    )
    .pluck();
  const byNo = db.prepare<[number], InterruptRow>(`${selectInterrupts} WHERE i.interrupt_no = ?`);
  return ({ interrupt_no: no, interrupt_id: id, effect_key: key, answered_at: answeredAt }, command) => {
    mark.run(no);
    if (key !== null) doubt.run({ no, key, at: answeredAt });
    const opened = insert.get({ no, id: command.idAfter(id), at: command.at }) as number;
    return toInterrupt(byNo.get(opened) as InterruptRow);
  };
}
