import type { Content, EventRecord, Fact, NewCheckpoint, NewEvent, NewWrites } from "../core/ports.ts";
import { canonicalJson } from "../protocol/json.ts";
import { appendEvents } from "./append-events.ts";
import type { Query } from "./database.ts";
import { noteActed } from "./note-acted.ts";
import { voidReceipts } from "./void-receipts.ts";

/** Where facts are recorded: a run, or a thread without one. */
export interface Target {
  threadNo: number;
  runNo: number | null;
  graphId: string;
}

/** Writes facts inside the caller's transaction, in order. */
export async function writeFacts(
  query: Query,
  s: string,
  target: Target,
  facts: Fact[],
): Promise<EventRecord[]> {
  const { threadNo } = target;
  const contents = facts.flatMap((fact) => {
    if (fact.type === "checkpoint") return fact.checkpoint.contents;
    return fact.type === "writes" ? fact.writes.contents : [];
  });
  await insertContents(query, s, threadNo, contents);
  const events: NewEvent[] = [];
  for (const fact of facts) {
    if (fact.type === "event") events.push(fact.event);
    else if (fact.type === "checkpoint") await insertCheckpoint(query, s, target, fact.checkpoint);
    else if (fact.type === "writes") await insertWrites(query, s, target, fact.writes);
    else if (fact.type === "void") await voidReceipts(query, s, threadNo);
    else if (fact.type === "acted") await noteActed(query, s, target.runNo);
    else if (await openInterrupt(query, s, target, fact)) events.push(fact.event);
  }
  return appendEvents(query, s, target, events);
}

/** Above this, in bytes, it pays to ask first which contents are there. */
const askAbove = 16_384;

async function insertContents(query: Query, s: string, threadNo: number, contents: Content[]): Promise<void> {
  const distinct = new Map(contents.map(({ hash, bytes }) => [hash, bytes]));
  const size = contents.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > askAbove) {
    const known = await query<{ hash: string }>(
      `SELECT hash FROM ${s}.contents WHERE thread_no = $1 AND hash = ANY($2)`,
      [threadNo, [...distinct.keys()]],
    );
    for (const { hash } of known) distinct.delete(hash);
  }
  if (distinct.size === 0) return;
  await query(
    `INSERT INTO ${s}.contents (thread_no, hash, bytes)
     SELECT $1, hash, bytes FROM unnest($2::text[], $3::bytea[]) AS c (hash, bytes) ON CONFLICT DO NOTHING`,
    [
      threadNo,
      [...distinct.keys()],
      [...distinct.values()].map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    ],
  );
}

async function insertCheckpoint(
  query: Query,
  s: string,
  { threadNo, runNo }: Target,
  { checkpointNs, checkpointId, parentId, metadata, body }: NewCheckpoint,
): Promise<void> {
  await query(
    `INSERT INTO ${s}.checkpoints (thread_no, checkpoint_ns, checkpoint_id, parent_id, run_no, metadata, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (thread_no, checkpoint_ns, checkpoint_id)
     DO UPDATE SET parent_id = excluded.parent_id, metadata = excluded.metadata, body = excluded.body`,
    [threadNo, checkpointNs, checkpointId, parentId, runNo, JSON.stringify(metadata), JSON.stringify(body)],
  );
}

/** Only the engine's special channels are written over; what another run wrote there is kept until this one ends. */
const keepReplaced = (s: string) => `
  WITH replaced AS (
    INSERT INTO ${s}.replaced_writes
      (thread_no, replaced_by, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no)
    SELECT thread_no, $9::bigint, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no
    FROM ${s}.writes
    WHERE thread_no = $1 AND checkpoint_ns = $2 AND checkpoint_id = $3 AND task_id = $4 AND idx = ANY($6::integer[])
      AND idx < 0 AND run_no IS DISTINCT FROM $9
    ON CONFLICT DO NOTHING
  )`;

async function insertWrites(
  query: Query,
  s: string,
  { threadNo, runNo }: Target,
  { checkpointNs, checkpointId, taskId, taskPath, writes }: NewWrites,
): Promise<void> {
  // One statement may touch a row once: of the same index the first stays, of a special channel the last.
  const byIndex = new Map<number, (typeof writes)[number]>();
  for (const write of writes) {
    if (write.index < 0 || !byIndex.has(write.index)) byIndex.set(write.index, write);
  }
  const distinct = [...byIndex.values()];
  const mayReplace = runNo !== null && distinct.some(({ index }) => index < 0);
  await query(
    `${mayReplace ? keepReplaced(s) : ""}
     INSERT INTO ${s}.writes (thread_no, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, hash, run_no)
     SELECT $1, $2, $3, $4, idx, $5, channel, hash, $9::bigint
     FROM unnest($6::integer[], $7::text[], $8::text[]) AS w (idx, channel, hash)
     ON CONFLICT (thread_no, checkpoint_ns, checkpoint_id, task_id, idx)
     DO UPDATE SET channel = excluded.channel, hash = excluded.hash, task_path = excluded.task_path,
       run_no = excluded.run_no WHERE excluded.idx < 0`,
    [
      ...[threadNo, checkpointNs, checkpointId, taskId, taskPath],
      distinct.map(({ index }) => index),
      distinct.map(({ channel }) => channel),
      distinct.map(({ hash }) => hash),
      runNo,
    ],
  );
}

/** True when the question is new (or asks something else now), so that its event must be told. */
async function openInterrupt(
  query: Query,
  s: string,
  { threadNo, runNo, graphId }: Target,
  { interrupt, event }: Extract<Fact, { type: "interrupt" }>,
): Promise<boolean> {
  const { interruptId, value } = interrupt;
  // Open, or answered by a run that waits for this one: its answer is on its way.
  const known = await query<{ interrupt_no: number; status: string; value: string }>(
    `SELECT i.interrupt_no, i.status, i.value FROM ${s}.interrupts i
     LEFT JOIN ${s}.runs a ON a.run_no = i.answer_run_no
     WHERE i.thread_no = $1 AND coalesce(i.engine_id, i.interrupt_id) = $2 AND (i.status = 'open'
       OR i.status IN ('answered', 'expired') AND a.status = 'pending')`,
    [threadNo, interruptId],
  );
  if (known.some((row) => canonicalJson(JSON.parse(row.value)) === canonicalJson(value))) return false;
  const open = known.find(({ status }) => status === "open");
  if (open !== undefined) {
    await query(`UPDATE ${s}.interrupts SET status = 'superseded' WHERE interrupt_no = $1`, [
      open.interrupt_no,
    ]);
  }
  await query(
    `INSERT INTO ${s}.interrupts (thread_no, interrupt_id, owner, source, effect_key, assignees, expires_at,
       on_expiry, run_no, graph_id, task_id, namespace, value, response_schema, digest, status, opened_at)
     VALUES ($1, $2, (SELECT owner FROM ${s}.threads WHERE thread_no = $1), $3, $4, $5, $6,
       $7, $8, $9, $10, $11, $12, $13, $14, 'open', $15)`,
    [
      ...[threadNo, interruptId, interrupt.source, interrupt.effectKey, interrupt.assignees],
      ...[interrupt.expiresAt, JSON.stringify(interrupt.onExpiry), runNo, graphId, interrupt.taskId],
      ...[JSON.stringify(interrupt.namespace), JSON.stringify(value)],
      interrupt.responseSchema === null ? null : JSON.stringify(interrupt.responseSchema),
      ...[interrupt.digest, event.at],
    ],
  );
  return true;
}
