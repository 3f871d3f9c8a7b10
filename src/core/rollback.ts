import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import type { NewEvent, RunRecord, StateRef, Store } from "./ports.ts";

/**
 * Takes a thread's state back to where it stood before a run: a new checkpoint with the old values, since
 * clients merge older steps add-only (engine.md 33). What the run did outside stays done.
 *
 * @returns The events that show it; none when the run had changed nothing.
 */
export async function rollBack(
  store: Store,
  checkpointer: BaseCheckpointSaver,
  run: RunRecord,
  at: number,
): Promise<NewEvent[]> {
  const { threadId, runId } = run;
  const ofRoot = await store.checkpoints.list(threadId, { checkpointNs: "" });
  const first = ofRoot.findLast((checkpoint) => checkpoint.runId === runId);
  const [head] = ofRoot;
  if (first === undefined || head === undefined) return [];
  // Where the thread stood, which of a fork is not its parent.
  const before = ofRoot[ofRoot.indexOf(first) + 1];
  const base =
    before &&
    (await checkpointer.getTuple({
      configurable: { thread_id: threadId, checkpoint_ns: "", checkpoint_id: before.checkpointId },
    }));
  const id = uuid6(-3);
  const step = Number(head.metadata.step ?? 0) + 1;
  const checkpoint = { ...(base?.checkpoint ?? emptyCheckpoint()), id, ts: new Date(at).toISOString() };
  await checkpointer.put(
    { configurable: { thread_id: threadId, checkpoint_ns: "", checkpoint_id: head.checkpointId } },
    checkpoint,
    { source: "update", step, parents: {} },
    checkpoint.channel_versions,
  );
  const envelope = { id, parent_id: head.checkpointId, step, source: "update" };
  return toEvents(runId, envelope, at);
}

/**
 * Where a thread stands, for readers who were not told: an attempt that was cut off may have committed a
 * checkpoint, or the writes of a task, and not come to say so.
 */
export async function tellState(
  store: Store,
  { threadId, runId }: Pick<RunRecord, "threadId" | "runId">,
  at: number,
): Promise<NewEvent[]> {
  const head = await store.checkpoints.find(threadId, "");
  if (head === undefined) return [];
  const { step, source } = head.metadata;
  return toStateEvents(runId, { ...head, step, source }, at);
}

/** A checkpoint with the writes of tasks that finished after it, as clients pair them: its envelope, then the values. */
export function toStateEvents(
  runId: string,
  {
    checkpointId: id,
    parentId,
    step,
    source,
  }: { checkpointId: string; parentId: string | null; step: unknown; source: unknown },
  at: number,
): NewEvent[] {
  const parent = parentId === null ? {} : { parent_id: parentId };
  const envelope = { id, ...parent, step, source };
  return toEvents(runId, envelope, at, true);
}

function toEvents(runId: string, envelope: { id: string }, at: number, pending?: true): NewEvent[] {
  const ref: StateRef = { checkpointNs: "", checkpointId: envelope.id, ...(pending ? { pending } : {}) };
  const event = { runId, namespace: [], at };
  return [
    { ...event, method: "checkpoints", data: JSON.stringify(envelope), foldKey: "checkpoints/" },
    { ...event, method: "values", data: JSON.stringify(ref), isRef: true, foldKey: "values/" },
  ];
}
