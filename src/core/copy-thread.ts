import { randomUUID } from "node:crypto";
import type { JsonObject } from "../protocol/json.ts";
import { askAgain, type CommandDeps } from "./accepted-run.ts";
import type { ThreadRecord } from "./ports.ts";
import { tellState } from "./rollback.ts";

export interface CopyThreadCommand {
  thread: ThreadRecord;
  owner: string | null;
  /** Beside that of the thread. */
  metadata: JsonObject;
}

/**
 * Makes a thread with the state of another. Its questions are open on both, and what its effects came to is
 * known; approvals are not copied, so that whoever goes on with the copy is asked again.
 *
 * @returns Undefined when the thread is gone.
 * @throws `state_busy` in the middle of a run, and while an effect is in doubt.
 */
export function createCopyThread(deps: CommandDeps) {
  const { store, graphs, feed, now } = deps;

  return async ({ thread, owner, metadata }: CopyThreadCommand): Promise<ThreadRecord | undefined> => {
    const { threadId: sourceId } = thread;
    const at = now();
    const copyId = randomUUID();
    const { graph_id: graphId = "", assistant_id: assistantId = "" } = thread.metadata;
    const events = await tellState(store, { threadId: sourceId, runId: "" }, at);
    const made = await store.threads.copy(sourceId, {
      threadId: copyId,
      owner,
      metadata: { ...thread.metadata, ...metadata },
      at,
      run: {
        runId: randomUUID(),
        graphId: String(graphId),
        assistantId: String(assistantId),
        kind: "input",
        kwargs: {},
        metadata: { copied_from: sourceId },
        multitaskStrategy: "enqueue",
        graphVersion: graphs.find(String(graphId))?.version ?? "",
        createdAt: at,
      },
      events: events.map((event) => ({ ...event, runId: null })),
      requested: askAgain(deps),
    });
    if (made === undefined) return undefined;
    feed.publish(copyId, made.events);
    return made.thread;
  };
}
