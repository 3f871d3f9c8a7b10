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
    `INSERT INTO writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no)
     VALUES (@threadNo, @checkpointNs, @checkpointId, @taskId, @index, @taskPath, @channel, @hash, @runNo)
     ON CONFLICT DO UPDATE SET channel = excluded.channel, hash = excluded.hash, task_path = excluded.task_path,
       run_no = excluded.run_no WHERE excluded.idx < 0`,
  );
  /** Only the engine's special channels are written over. */
  const keepReplaced = db.prepare(
    `INSERT OR IGNORE INTO replaced_writes
       (thread_no, replaced_by, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no)
     SELECT thread_no, @runNo, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no FROM writes
     WHERE thread_no = @threadNo AND checkpoint_ns = @checkpointNs AND checkpoint_id = @checkpointId
       AND task_id = @taskId AND idx = @index AND run_no IS NOT @runNo`,
  );
  const openRow = db.prepare<[{ threadNo: number; id: string }], { no: number; value: string }>(
    `SELECT interrupt_no AS no, value FROM interrupts
     WHERE thread_no = @threadNo AND status = 'open' AND coalesce(engine_id, interrupt_id) = @id`,
  );
  /** Of a question whose answer is on its way: the run that brings it waits for this one. */
  const answeredValue = db
    .prepare<[{ threadNo: number; id: string }], string>(
      `SELECT i.value FROM runs a JOIN interrupts i ON i.answer_run_no = a.run_no
       WHERE a.thread_no = @threadNo AND a.status = 'pending' AND i.status IN ('answered', 'expired')
         AND coalesce(i.engine_id, i.interrupt_id) = @id`,
    )
    .pluck();
  const supersede = db.prepare("UPDATE interrupts SET status = 'superseded' WHERE interrupt_no = ?");
  const noteActed = createNoteActed(db);
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
    const key = { threadNo: target.threadNo, id: interruptId };
    const open = openRow.get(key);
    if (isSame(open?.value) || isSame(answeredValue.get(key))) return false;
    if (open !== undefined) supersede.run(open.no);
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
      } else if (fact.type === "acted") {
        if (runNo !== null) noteActed(runNo);
      } else if (fact.type === "checkpoint") {
        insertContents(threadNo, fact.checkpoint.contents);
        insertCheckpoint({ threadNo, runNo }, fact.checkpoint);
      } else {
        const { writes, contents, ...place } = fact.writes;
        insertContents(threadNo, contents);
        for (const write of writes) {
          const row = { threadNo, runNo, ...place, ...write };
          if (write.index < 0 && runNo !== null) keepReplaced.run(row);
          insertWrite.run(row);
        }
      }
    }
    return append(threadNo, runNo, events);
  };
}

/** The run has begun to do something outside. Inside the caller's transaction. */
export function createNoteActed(db: Db): (runNo: number) => void {
  const note = db.prepare("UPDATE runs SET acted = 1 WHERE run_no = ? AND acted = 0");
  return (runNo) => {
    note.run(runNo);
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
