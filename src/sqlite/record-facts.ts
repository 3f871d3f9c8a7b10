import type { EventRecord, Fact, Lease, NewEvent } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson } from "../protocol/json.ts";
import { createAppendEvents } from "./append-events.ts";
import type { Connection, Db } from "./connection.ts";
import { createInsertContents } from "./contents.ts";
import { createInsertCheckpoint } from "./insert-checkpoint.ts";
import { createVoidReceipts } from "./void-receipts.ts";

/** Where facts are recorded: a run's attempt, or a thread without a run. */
export interface Target {
  threadNo: number;
  runNo: number | null;
  graphId: string;
  at: number;
}

/** Writes facts inside the caller's transaction, in order. */
export function createWriteFacts(db: Db) {
  const insertContents = createInsertContents(db);
  const insertCheckpoint = createInsertCheckpoint(db);
  const insertWrite = db.prepare(
    `INSERT INTO writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET channel = excluded.channel, hash = excluded.hash, task_path = excluded.task_path
       WHERE excluded.idx < 0`,
  );
  const openValue = db
    .prepare<[number, string], string>(
      "SELECT value FROM interrupts WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'",
    )
    .pluck();
  /** Of a question whose answer is on its way: the run that brings it waits for this one. */
  const answeredValue = db
    .prepare<[number, string], string>(
      `SELECT i.value FROM interrupts i JOIN runs a ON a.run_no = i.answer_run_no
       WHERE i.thread_no = ? AND i.interrupt_id = ? AND i.status IN ('answered', 'expired') AND a.status = 'pending'`,
    )
    .pluck();
  const supersede = db.prepare(
    "UPDATE interrupts SET status = 'superseded' WHERE thread_no = ? AND interrupt_id = ? AND status = 'open'",
  );
  const insertInterrupt = db.prepare(
    `INSERT INTO interrupts (thread_no, interrupt_id, owner, source, effect_key, assignees, expires_at, on_expiry,
       run_no, graph_id, task_id, namespace, value, response_schema, digest, status, opened_at)
     VALUES (@threadNo, @interruptId, (SELECT owner FROM threads WHERE thread_no = @threadNo), @source, @effectKey,
       @assignees, @expiresAt, @onExpiry, @runNo, @graphId, @taskId, @namespace, @value, @responseSchema, @digest,
       'open', @at)`,
  );
  const append = createAppendEvents(db);
  const voidReceipts = createVoidReceipts(db);

  /** True when the question is new (or asks something else now), so that its event must be told. */
  function openInterrupt(target: Target, fact: Extract<Fact, { type: "interrupt" }>): boolean {
    const { interruptId, namespace, value, responseSchema, assignees, onExpiry } = fact.interrupt;
    const isSame = (known: string | undefined) =>
      known !== undefined && canonicalJson(JSON.parse(known)) === canonicalJson(value);
    const open = openValue.get(target.threadNo, interruptId);
    if (isSame(open) || isSame(answeredValue.get(target.threadNo, interruptId))) return false;
    if (open !== undefined) supersede.run(target.threadNo, interruptId);
    insertInterrupt.run({
      ...target,
      ...fact.interrupt,
      namespace: JSON.stringify(namespace),
      value: JSON.stringify(value),
      responseSchema: responseSchema === null ? null : JSON.stringify(responseSchema),
      assignees: assignees === null ? null : JSON.stringify(assignees),
      onExpiry: JSON.stringify(onExpiry),
    });
    return true;
  }

  return (target: Target, facts: Fact[]): EventRecord[] => {
    const { threadNo, runNo } = target;
    const events: NewEvent[] = [];
    for (const fact of facts) {
      if (fact.type === "event") {
        events.push(fact.event);
      } else if (fact.type === "interrupt") {
        if (openInterrupt(target, fact)) events.push(fact.event);
      } else if (fact.type === "void") {
        voidReceipts(threadNo);
      } else if (fact.type === "checkpoint") {
        insertContents(threadNo, fact.checkpoint.contents);
        insertCheckpoint({ threadNo, runNo }, fact.checkpoint);
      } else {
        const { checkpointNs, checkpointId, taskId, taskPath, writes, contents } = fact.writes;
        insertContents(threadNo, contents);
        for (const { index, channel, hash } of writes) {
          insertWrite.run(threadNo, checkpointNs, checkpointId, taskId, index, taskPath, channel, hash);
        }
      }
    }
    return append(threadNo, runNo, events);
  };
}

/** Finds what a lease gives the right to write to; throws `lease_lost` when it no longer does. */
export function createFence(db: Db) {
  const held = db.prepare<[string, number], { thread_no: number; run_no: number; graph_id: string }>(
    `SELECT thread_no, run_no, graph_id FROM runs
     WHERE run_id = ? AND attempt = ? AND status = 'running' AND lease_owner IS NOT NULL`,
  );
  return ({ runId, attempt }: Lease, at: number): Target & { runNo: number } => {
    const row = held.get(runId, attempt);
    if (row === undefined) {
      throw new CountersignError(
        "lease_lost",
        `Attempt ${attempt} at run ${runId} no longer holds it; another attempt has taken over.`,
      );
    }
    return { threadNo: row.thread_no, runNo: row.run_no, graphId: row.graph_id, at };
  };
}

export function createRecordFacts({ db, write }: Connection) {
  const fence = createFence(db);
  const writeFacts = createWriteFacts(db);
  return (lease: Lease, facts: Fact[]): EventRecord[] => {
    const isDelta = facts.every((fact) => fact.type === "event");
    return write(() => writeFacts(fence(lease, Date.now()), facts), isDelta ? "delta" : "fact");
  };
}
