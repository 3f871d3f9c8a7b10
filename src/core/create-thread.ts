import { CountersignError } from "../protocol/errors.ts";
import { asText } from "../protocol/json.ts";
import type { CommandDeps } from "./accepted-run.ts";
import { ThreadCheckpointer } from "./checkpointer.ts";
import type { SuperStep } from "./graph.ts";
import { inputRequested } from "./lifecycle.ts";
import type { Fact, NewThread, ThreadRecord } from "./ports.ts";
import { stageCheckpoints } from "./staged-checkpoints.ts";
import { toldUpdate } from "./update-state.ts";

export interface CreateThread extends NewThread {
  /** What the state is to be made of, as if the nodes named had put it out, step by step. */
  supersteps?: SuperStep[];
}

/**
 * Creates a thread, with a state when one is given.
 *
 * @throws `invalid_argument` when the graph refuses the state, or `metadata.graph_id` names none: then no thread
 * is made.
 */
export function createCreateThread({ store, graphs, feed, now }: CommandDeps) {
  return async ({
    supersteps = [],
    ...thread
  }: CreateThread): Promise<{ thread: ThreadRecord; created: boolean }> => {
    const facts = supersteps.length > 0 ? await toFacts(thread, supersteps) : [];
    const made = await store.threads.create(thread);
    if (!made.created || facts.length === 0) return made;
    const { threadId } = thread;
    feed.publish(threadId, await store.checkpoints.record(threadId, facts, now()));
    return { ...made, thread: (await store.threads.find(threadId)) ?? made.thread };
  };

  async function toFacts({ threadId, metadata }: NewThread, supersteps: SuperStep[]): Promise<Fact[]> {
    const engine = graphs.find(asText(metadata.graph_id));
    if (engine === undefined) {
      throw new CountersignError(
        "invalid_argument",
        `supersteps need metadata.graph_id to name a graph. Registered here: ${[...graphs.engines.keys()].join(", ")}.`,
      );
    }
    const staged = stageCheckpoints(threadId);
    const checkpointer = new ThreadCheckpointer({
      threadId,
      checkpoints: staged.port,
      record: staged.record,
      requested: (interrupt, namespace) => inputRequested("", interrupt, namespace, now()),
    });
    const id = await engine.updateAll(checkpointer, { threadId }, supersteps).catch((error: Error) => {
      throw new CountersignError("invalid_argument", `The graph refused the state: ${error.message}`);
    });
    return [...staged.facts, ...toldUpdate(staged.facts, id, now())];
  }
}
