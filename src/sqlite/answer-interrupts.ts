import type { AnswerInterrupts, AnswerOutcome, InterruptRecord, Refusal } from "../core/ports.ts";
import { canonicalJson } from "../protocol/json.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { createInsertRun, selectRuns } from "./insert-run.ts";
import {
  type InterruptRow,
  type RunRow,
  selectInterrupts,
  type ThreadRow,
  toInterrupt,
  toRun,
} from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";
import { createVoidReceipts } from "./void-receipts.ts";

export function createAnswerInterrupts({
  db,
  write,
}: Connection): (command: AnswerInterrupts) => AnswerOutcome {
  const threadById = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE thread_id = ?");
  const newestRow = db.prepare<[number, string], InterruptRow>(
    `${selectInterrupts} WHERE i.thread_no = ? AND i.interrupt_id = ? ORDER BY i.interrupt_no DESC LIMIT 1`,
  );
  const openIds = db
    .prepare<[number], string>(
      "SELECT interrupt_id FROM interrupts WHERE thread_no = ? AND status = 'open' ORDER BY interrupt_no",
    )
    .pluck();
  const close = db.prepare(
    `UPDATE interrupts SET status = ?, answer = ?, answered_by = ?, answered_at = ?, answer_run_no = ?, is_void = 0
     WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'`,
  );
  const byKey = db.prepare<[number, string, string], RunRow>(
    `${selectRuns} JOIN commands c ON c.run_no = r.run_no
     WHERE c.thread_no = ? AND c.actor_id = ? AND c.idempotency_key = ?`,
  );
  const insertKey = db.prepare(
    "INSERT INTO commands (thread_no, actor_id, idempotency_key, run_no) VALUES (?, ?, ?, ?)",
  );
  const runById = db.prepare<[string], RunRow>(`${selectRuns} WHERE r.run_id = ?`);
  /** What keeps a run with answers waiting: one that is active or came before, or a doubt to settle first. */
  const hasObstacle = db.prepare<[{ threadNo: number; ids: string }]>(
    `SELECT 1 FROM runs WHERE thread_no = @threadNo AND (status = 'running' OR (status = 'pending' AND kind = 'resume'))
     UNION ALL
     SELECT 1 FROM interrupts WHERE thread_no = @threadNo AND status = 'open' AND source = 'effect'
       AND interrupt_id NOT IN (SELECT value FROM json_each(@ids)) LIMIT 1`,
  );
  const resolveEffect = db.prepare(
    `UPDATE effects SET status = @status, result = @result, ended_at = @at
     WHERE thread_no = @threadNo AND key = @key AND status IN ('started', 'in_doubt')`,
  );
  const voidReceipts = createVoidReceipts(db);
  const insertRun = createInsertRun(db);
  const append = createAppendEvents(db);
  const refreshStatus = createRefreshStatus(db);

  /** Refusals of the named ids, or the run that took this very answer before, or neither: all are open. */
  function judge(threadNo: number, command: AnswerInterrupts): { refusals: Refusal[]; repeats?: string } {
    const refusals: Refusal[] = [];
    const repeats = new Set<string>();
    for (const { interruptId, value } of command.answers) {
      const row = newestRow.get(threadNo, interruptId);
      const interrupt = row && toInterrupt(row);
      if (interrupt?.status === "open") continue;
      const first = interrupt && repeatedRun(interrupt, command, value);
      if (first !== undefined) repeats.add(first);
      else refusals.push(toRefusal(interruptId, interrupt));
    }
    const [repeated] = repeats;
    if (repeated !== undefined && refusals.length === 0) {
      const all = command.answers.every(
        ({ interruptId }) => newestRow.get(threadNo, interruptId)?.status !== "open",
      );
      if (all && repeats.size === 1) return { refusals, repeats: repeated };
      for (const { interruptId } of command.answers) {
        const row = newestRow.get(threadNo, interruptId);
        if (row && row.status !== "open") refusals.push(toRefusal(interruptId, toInterrupt(row)));
      }
    }
    return { refusals };
  }

  return (command) =>
    write((): AnswerOutcome => {
      const { actor, at, answers, idempotencyKey } = command;
      const thread = threadById.get(command.threadId);
      if (thread === undefined) {
        const refusals = answers.map(({ interruptId }) => toRefusal(interruptId, undefined));
        return { type: "refused", refusals, openIds: [] };
      }
      const threadNo = thread.thread_no;
      const keyed = idempotencyKey === undefined ? undefined : byKey.get(threadNo, actor.id, idempotencyKey);
      if (keyed) return { type: "repeated", run: toRun(keyed), seq: thread.last_seq };
      const verdict = judge(threadNo, command);
      if (verdict.repeats !== undefined) {
        return { type: "repeated", run: toRun(runById.get(verdict.repeats) as RunRow), seq: thread.last_seq };
      }
      if (verdict.refusals.length > 0) {
        return { type: "refused", refusals: verdict.refusals, openIds: openIds.all(threadNo) };
      }
      const ids = JSON.stringify(answers.map(({ interruptId }) => interruptId));
      const mayStart = command.claim !== undefined && command.run.notBefore == null;
      const started = mayStart && hasObstacle.get({ threadNo, ids }) === undefined;
      const { runNo, run } = insertRun(threadNo, command.run, started ? command.claim : undefined);
      if (idempotencyKey !== undefined) insertKey.run(threadNo, actor.id, idempotencyKey, runNo);
      if (command.voidsReceipts) voidReceipts(threadNo);
      const status = command.status ?? "answered";
      for (const { interruptId, value } of answers) {
        close.run(status, JSON.stringify(value), JSON.stringify(actor), at, runNo, threadNo, interruptId);
      }
      for (const { key, status: resolved, result } of command.resolve ?? []) {
        resolveEffect.run({ threadNo, key, status: resolved, result: JSON.stringify(result), at });
      }
      const events = append(
        threadNo,
        runNo,
        started ? [command.answered, command.running] : [command.answered],
      );
      refreshStatus(threadNo, at);
      return { type: "accepted", run, started, seq: events.at(-1)?.seq ?? thread.last_seq, events };
    });
}

function repeatedRun(
  { answer, status }: InterruptRecord,
  { actor }: AnswerInterrupts,
  value: unknown,
): string | undefined {
  if (status === "undone") return undefined; // what was taken back does not count once more
  if (answer === null || answer.actor.id !== actor.id || answer.actor.verified !== actor.verified)
    return undefined;
  return canonicalJson(answer.value) === canonicalJson(value) ? answer.runId : undefined;
}

function toRefusal(interruptId: string, interrupt: InterruptRecord | undefined): Refusal {
  if (interrupt === undefined) return { interruptId, reason: "unknown" };
  const { status, answer } = interrupt;
  return {
    interruptId,
    reason: "closed",
    status,
    ...(answer === null ? {} : { answeredBy: answer.actor, answeredAt: answer.at }),
  };
}
