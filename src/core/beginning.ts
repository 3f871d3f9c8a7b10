import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { asObject, type Json, type JsonObject } from "../protocol/json.ts";
import { taskOf, toDoubt } from "./doubts.ts";
import type { Engine } from "./graph.ts";
import { findPending } from "./pending.ts";
import type { EffectRecord, NewInterrupt, RunRecord, Store } from "./ports.ts";

/** What a run brings that no checkpoint holds yet: an input, a command, a checkpoint to fork from. */
export interface Beginning {
  /** The run it came with: where that one asked about an effect first, others carry it on. */
  by: string;
  input: Json;
  command?: JsonObject;
  checkpointId?: string;
}

/** What a run is to begin with; undefined when it goes on where the thread stands. */
export function beginningOf({ kind, kwargs, runId }: RunRecord): Beginning | undefined {
  if (kind === "resume") return kwargs.begins as Beginning | undefined;
  const { checkpoint_id: checkpointId } = asObject(asObject(kwargs.config).configurable);
  const isFork = typeof checkpointId === "string";
  const input = kwargs.input ?? null;
  if (input === null && kwargs.command === undefined && !isFork) return undefined;
  return {
    by: runId,
    input,
    ...(kwargs.command === undefined ? {} : { command: asObject(kwargs.command) }),
    ...(isFork ? { checkpointId } : {}),
  };
}

/** True when a checkpoint holds it: of this run, or of another that carried it. */
export async function hasBegun(store: Store, run: RunRecord, { by }: Beginning): Promise<boolean> {
  const runId = (await store.checkpoints.find(run.threadId, ""))?.runId;
  if (runId == null) return false;
  if (runId === by || runId === run.runId) return true;
  const last = await store.runs.find(run.threadId, runId);
  return last !== undefined && beginningOf(last)?.by === by;
}

/**
 * Effects in doubt of the tasks that run once more when the graph begins here (invariant 7). New input sets
 * waiting tasks aside; a command leaves them; a fork runs those of its checkpoint, finished ones too.
 */
export async function doubtsBefore(
  store: Store,
  engine: Engine,
  checkpointer: BaseCheckpointSaver,
  { run: { threadId }, beginning }: { run: RunRecord; beginning: Beginning },
): Promise<NewInterrupt[]> {
  const { input, command, checkpointId } = beginning;
  const runsTasks = command === undefined ? input === null : command.goto !== "__end__";
  if (!runsTasks) return [];
  const unsettled = await store.effects.listUnsettled(threadId);
  if (unsettled.length === 0) return [];
  const head = (await store.checkpoints.find(threadId, ""))?.checkpointId;
  const isAtHead = checkpointId === undefined || checkpointId === head;
  const tasks = isAtHead
    ? (await findPending(store, engine, checkpointer, threadId)).tasks
    : await tasksAt(engine, checkpointer, threadId, checkpointId);
  const runsUnderTheirIds = isAtHead && command === undefined;
  return unsettled
    .filter((effect) => tasks.has(taskOf(effect)))
    .map((effect) => toDoubt(threadId, effect, { isAnew: !runsUnderTheirIds && isOfTask(effect) }));
}

async function tasksAt(
  engine: Engine,
  checkpointer: BaseCheckpointSaver,
  threadId: string,
  checkpointId: string,
): Promise<Set<string>> {
  const { tasks } = await engine.snapshot(checkpointer, { threadId, checkpointId });
  return new Set(tasks.map(({ id }) => id));
}

/** True for an effect whose key names its task: another task's is another effect. */
function isOfTask({ key, namespace }: EffectRecord): boolean {
  return key.startsWith(`${namespace}/`);
}
