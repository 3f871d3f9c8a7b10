import type { Accepted, AcceptRun, EventRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection } from "./connection.ts";
import { createTicks } from "./crons.ts";
import { createEndPendingRun } from "./end-pending-run.ts";
import { createInsertRun, selectRuns } from "./insert-run.ts";
import { type RunRow, type ThreadRow, toRun } from "./rows.ts";
import { createRefreshStatus } from "./thread-status.ts";
import { createVoidReceipts } from "./void-receipts.ts";

export function createAcceptRun({ db, write }: Connection): (command: AcceptRun) => Accepted {
  const threadById = db.prepare<[string], ThreadRow>("SELECT * FROM threads WHERE thread_id = ?");
  const insertThread = db.prepare(
    `INSERT INTO threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata, ttl_ms, ttl_waits)
     VALUES (@threadId, @owner, @at, @at, @at, @metadata, @ttlMs, @ttlMs IS NOT NULL)`,
  );
  const stampThread = db.prepare("UPDATE threads SET metadata = ?, config = ? WHERE thread_no = ?");
  const byKey = db.prepare<[number, string, string], RunRow>(
    `${selectRuns} JOIN commands c ON c.run_no = r.run_no
     WHERE c.thread_no = ? AND c.actor_id = ? AND c.idempotency_key = ?`,
  );
  const insertKey = db.prepare(
    "INSERT INTO commands (thread_no, actor_id, idempotency_key, run_no) VALUES (?, ?, ?, ?)",
  );
  const unfinished = db.prepare<[number], { run_no: number; run_id: string; status: string }>(
    `SELECT run_no, run_id, status FROM runs
     WHERE thread_no = ? AND status IN ('pending', 'running') AND (not_before IS NULL OR kind = 'resume') ORDER BY run_no`,
  );
  const openIds = db
    .prepare<[number], string>("SELECT interrupt_id FROM interrupts WHERE thread_no = ? AND status = 'open'")
    .pluck();
  const supersede = db.prepare(
    "UPDATE interrupts SET status = 'superseded' WHERE thread_no = ? AND status = 'open'",
  );
  const endPending = createEndPendingRun(db);
  const askToStop = db.prepare("UPDATE runs SET cancel_requested = ?, updated_at = ? WHERE run_no = ?");
  const voidReceipts = createVoidReceipts(db);
  const ticks = createTicks(db);
  const insertRun = createInsertRun(db);
  const append = createAppendEvents(db);
  const refreshStatus = createRefreshStatus(db);

  function findOrCreateThread(command: AcceptRun): ThreadRow {
    const { threadId, createThread, run } = command;
    const found = threadById.get(threadId);
    const isForeign =
      found?.owner != null && createThread !== undefined && found.owner !== createThread.owner;
    if (found && !isForeign) return found;
    if (createThread === undefined || isForeign) {
      throw new CountersignError("no_such_thread", `There is no thread ${threadId}. Create it first.`);
    }
    insertThread.run({
      threadId,
      owner: createThread.owner,
      at: run.createdAt,
      metadata: JSON.stringify(createThread.metadata),
      ttlMs: createThread.ttlMs ?? null,
    });
    return threadById.get(threadId) as ThreadRow;
  }

  /** Clears the way for the run. Returns what stops it, or what was done. */
  function clearTheWay(thread: ThreadRow, command: AcceptRun) {
    const { run, whenOpen, whenBusy } = command;
    const others = unfinished.all(thread.thread_no);
    const open = openIds.all(thread.thread_no);
    if (others[0] && whenBusy === "reject") {
      return { refused: { type: "busy", runId: others[0].run_id } as const };
    }
    if (open.length > 0 && whenOpen === "refuse") {
      return { refused: { type: "open", interruptIds: open } as const };
    }
    const events: EventRecord[] = [];
    const displaces = whenBusy === "interrupt" || whenBusy === "rollback";
    for (const other of displaces ? others : []) {
      const key = { threadNo: thread.thread_no, runNo: other.run_no };
      if (other.status === "pending") events.push(...endPending(key, run.createdAt, command.requested));
      else askToStop.run(whenBusy, run.createdAt, other.run_no);
    }
    const aside = openIds.all(thread.thread_no);
    if (aside.length > 0 && whenOpen === "supersede") {
      supersede.run(thread.thread_no);
      events.push(...append(thread.thread_no, null, [command.superseded(aside)]));
    }
    const isFree =
      (others.length === 0 || (displaces && others.every((other) => other.status === "pending"))) &&
      (aside.length === 0 || whenOpen === "supersede");
    return { events, isFree, cancelled: displaces ? others.map((other) => other.run_id) : [] };
  }

  return (command) =>
    write((): Accepted => {
      const { run, actor, idempotencyKey, tick } = command;
      const before = tick && ticks.pass(tick);
      if (before === "taken") return { type: "taken" };
      if (before?.waiting !== undefined) return { type: "busy", runId: before.waiting };
      const thread = findOrCreateThread(command);
      if (idempotencyKey !== undefined) {
        const first = byKey.get(thread.thread_no, actor.id, idempotencyKey);
        if (first) return { type: "repeated", run: toRun(first), seq: thread.last_seq };
      }
      const way = clearTheWay(thread, command);
      if (way.refused) return way.refused;
      if (command.voidsReceipts) voidReceipts(thread.thread_no);
      if (tick) ticks.keepRun(tick, run.runId);
      const started = way.isFree && command.claim !== undefined && run.notBefore == null;
      const { runNo, run: inserted } = insertRun(thread.thread_no, run, started ? command.claim : undefined);
      if (idempotencyKey !== undefined) insertKey.run(thread.thread_no, actor.id, idempotencyKey, runNo);
      const stamp = { ...JSON.parse(thread.metadata), graph_id: run.graphId, assistant_id: run.assistantId };
      stampThread.run(JSON.stringify(stamp), JSON.stringify(run.kwargs.config ?? {}), thread.thread_no);
      const events = way.events;
      if (started) events.push(...append(thread.thread_no, runNo, [command.running]));
      refreshStatus(thread.thread_no, run.createdAt);
      const seq = events.at(-1)?.seq ?? thread.last_seq;
      return { type: "accepted", run: inserted, started, seq, cancelled: way.cancelled, events };
    });
}
