import type { Accepted, AcceptRun, EventRecord } from "../core/ports.ts";
import { appendEvents } from "./append-events.ts";
import { keepRunOfTick, passTick } from "./crons.ts";
import type { Database, Query } from "./database.ts";
import { endPendingRuns } from "./end-pending-run.ts";
import { findByKey, insertKey, insertRun } from "./insert-run.ts";
import { lockThread, noSuchThread } from "./lock-thread.ts";
import type { ThreadRow } from "./rows.ts";
import { refreshStatus } from "./thread-status.ts";
import { voidReceipts } from "./void-receipts.ts";

export function createAcceptRun(db: Database): (command: AcceptRun) => Promise<Accepted> {
  const { s } = db;
  return (command) =>
    db.transaction(async (query): Promise<Accepted> => {
      const { run, actor, idempotencyKey, tick } = command;
      if (tick) await lockThread(query, s, command.threadId);
      const before = tick && (await passTick(query, s, tick));
      if (before === "taken") return { type: "taken" };
      if (before?.waiting !== undefined) return { type: "busy", runId: before.waiting };
      const thread = await findOrCreateThread(query, s, command);
      const { thread_no: threadNo } = thread;
      const key = idempotencyKey === undefined ? undefined : { actorId: actor.id, key: idempotencyKey };
      const first = key && (await findByKey(query, s, threadNo, key));
      if (first) return { type: "repeated", run: first, seq: thread.last_seq };
      const way = await clearTheWay(query, s, thread, command);
      if (way.refused) return way.refused;
      if (command.voidsReceipts) await voidReceipts(query, s, threadNo);
      if (tick) await keepRunOfTick(query, s, tick, run.runId);
      const started = way.isFree && command.claim !== undefined && run.notBefore == null;
      const { runNo, run: inserted } = await insertRun(
        query,
        s,
        { threadNo, threadId: thread.thread_id },
        { run, claim: started ? command.claim : undefined },
      );
      if (key) await insertKey(query, s, { threadNo, runNo }, key);
      await stampThread(query, s, threadNo, command);
      const events = way.events;
      if (started) events.push(...(await appendEvents(query, s, { threadNo, runNo }, [command.running])));
      await refreshStatus(query, s, { threadNo, at: run.createdAt });
      const seq = events.at(-1)?.seq ?? thread.last_seq;
      return { type: "accepted", run: inserted, started, seq, cancelled: way.cancelled, events };
    });
}

async function findOrCreateThread(query: Query, s: string, command: AcceptRun): Promise<ThreadRow> {
  const { threadId, createThread, run } = command;
  let thread = await lockThread(query, s, threadId);
  if (thread === undefined && createThread !== undefined) {
    await query(
      `INSERT INTO ${s}.threads (thread_id, owner, created_at, updated_at, state_updated_at, metadata, ttl_ms, ttl_waits)
       VALUES ($1, $2, $3, $3, $3, $4, $5::bigint, $5::bigint IS NOT NULL) ON CONFLICT (thread_id) DO NOTHING`,
      [
        ...[threadId, createThread.owner, run.createdAt, JSON.stringify(createThread.metadata)],
        createThread.ttlMs ?? null,
      ],
    );
    thread = await lockThread(query, s, threadId);
  }
  const isForeign =
    thread?.owner != null && createThread !== undefined && thread.owner !== createThread.owner;
  if (thread === undefined || isForeign) throw noSuchThread(threadId);
  return thread;
}

/** What clients read off a thread: the graph of its last run, and the config it was started with. */
async function stampThread(query: Query, s: string, threadNo: number, { run }: AcceptRun): Promise<void> {
  await query(`UPDATE ${s}.threads SET metadata = metadata || $2::jsonb, config = $3 WHERE thread_no = $1`, [
    threadNo,
    JSON.stringify({ graph_id: run.graphId, assistant_id: run.assistantId }),
    JSON.stringify(run.kwargs.config ?? {}),
  ]);
}

interface Way {
  refused?: Extract<Accepted, { type: "busy" | "open" }>;
  events: EventRecord[];
  isFree: boolean;
  cancelled: string[];
}

/** Clears the way for the run. Returns what stops it, or what was done. */
async function clearTheWay(query: Query, s: string, thread: ThreadRow, command: AcceptRun): Promise<Way> {
  const { run, whenOpen, whenBusy } = command;
  const { thread_no: threadNo } = thread;
  const way: Way = { events: [], isFree: false, cancelled: [] };
  const others = await query<{ run_no: number; run_id: string; status: string }>(
    `SELECT run_no, run_id, status FROM ${s}.runs
     WHERE thread_no = $1 AND status IN ('pending', 'running') AND (not_before IS NULL OR kind = 'resume')
     ORDER BY run_no`,
    [threadNo],
  );
  const open = await listOpenIds(query, s, threadNo);
  if (others[0] && whenBusy === "reject") {
    return { ...way, refused: { type: "busy", runId: others[0].run_id } };
  }
  if (open.length > 0 && whenOpen === "refuse") {
    return { ...way, refused: { type: "open", interruptIds: open } };
  }
  const displaces = whenBusy === "interrupt" || whenBusy === "rollback";
  if (displaces) {
    const at = run.createdAt;
    const runNos = others.filter(({ status }) => status === "pending").map(({ run_no }) => run_no);
    const { requested } = command;
    way.events.push(...(await endPendingRuns(query, s, { threadNo, runNos }, { at, requested })));
    await query(
      `UPDATE ${s}.runs SET cancel_requested = $2, updated_at = $3 WHERE thread_no = $1 AND status = 'running'`,
      [threadNo, whenBusy, at],
    );
    way.cancelled = others.map(({ run_id }) => run_id);
  }
  const aside = displaces ? await listOpenIds(query, s, threadNo) : open;
  if (aside.length > 0 && whenOpen === "supersede") {
    await query(`UPDATE ${s}.interrupts SET status = 'superseded' WHERE thread_no = $1 AND status = 'open'`, [
      threadNo,
    ]);
    const target = { threadNo, runNo: null };
    way.events.push(...(await appendEvents(query, s, target, [command.superseded(aside)])));
  }
  const isIdle = others.every(({ status }) => displaces && status === "pending");
  way.isFree = isIdle && (aside.length === 0 || whenOpen === "supersede");
  return way;
}

async function listOpenIds(query: Query, s: string, threadNo: number): Promise<string[]> {
  const rows = await query<{ interrupt_id: string }>(
    `SELECT interrupt_id FROM ${s}.interrupts WHERE thread_no = $1 AND status = 'open' ORDER BY interrupt_no`,
    [threadNo],
  );
  return rows.map(({ interrupt_id }) => interrupt_id);
}
