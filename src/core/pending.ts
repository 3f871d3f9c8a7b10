import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Json } from "../protocol/json.ts";
import { type Engine, isOutputChannel, type Snapshot } from "./graph.ts";
import type { Store } from "./ports.ts";

/** An interrupt the engine still waits for. */
export interface PendingInterrupt {
  id: string;
  value: unknown;
  responseSchema: Json | null;
  taskId: string;
}

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

/** Interrupts of tasks that have no output yet: a finished task still lists its old ones (engine.md 12). */
function pendingInterrupts(snapshot: Snapshot, finishedTasks: ReadonlySet<string>): PendingInterrupt[] {
  return snapshot.tasks
    .filter((task) => task.result === undefined && !finishedTasks.has(task.id))
    .flatMap((task) =>
      task.interrupts.flatMap(({ id, value, response_schema }) =>
        id === undefined
          ? []
          : [{ id, value, responseSchema: (response_schema ?? null) as Json | null, taskId: task.id }],
      ),
    );
}
