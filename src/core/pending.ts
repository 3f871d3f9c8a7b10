import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import {
  type Engine,
  isOutputChannel,
  type PendingInterrupt,
  pendingInterrupts,
  type Snapshot,
} from "./graph.ts";
import type { Store } from "./ports.ts";

/**
 * What the graph, as it is loaded now, waits for at the head of a thread. Read from `tasks[].interrupts`,
 * never from `next` (engine.md 11), without the tasks that have output already (engine.md 12).
 * `tasks` are the ids of those that will run when the graph goes on.
 */
export async function findPending(
  store: Store,
  engine: Engine,
  checkpointer: BaseCheckpointSaver,
  threadId: string,
): Promise<{ snapshot: Snapshot; pending: PendingInterrupt[]; tasks: Set<string> }> {
  const snapshot = await engine.snapshot(checkpointer, { threadId });
  const checkpointId = snapshot.config.configurable?.checkpoint_id as string | undefined;
  const writes = checkpointId === undefined ? [] : await store.checkpoints.writes(threadId, "", checkpointId);
  const finished = new Set(
    writes.filter(({ channel }) => isOutputChannel(channel)).map(({ taskId }) => taskId),
  );
  const tasks = snapshot.tasks.filter(({ id, result }) => result === undefined && !finished.has(id));
  return {
    snapshot,
    pending: pendingInterrupts(snapshot, finished),
    tasks: new Set(tasks.map(({ id }) => id)),
  };
}
