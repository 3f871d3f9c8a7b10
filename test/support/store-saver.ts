import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite,
} from "@langchain/langgraph-checkpoint";
import { ThreadCheckpointer } from "../../src/core/checkpointer.ts";
import type { Store } from "../../src/core/ports.ts";

/** Our checkpointer for all threads of a store at once, as the official validation suite drives one. */
export class StoreSaver extends BaseCheckpointSaver {
  readonly store: Store;

  constructor(store: Store) {
    super();
    this.store = store;
  }

  #of(threadId: string): ThreadCheckpointer {
    const { store } = this;
    return new ThreadCheckpointer({
      threadId,
      checkpoints: store.checkpoints,
      async record(facts) {
        await store.threads.create({ threadId, owner: null, metadata: {}, at: Date.now() });
        // Rows of interrupts belong to runs, and there are none here.
        const kept = facts.filter(({ type }) => type !== "interrupt");
        await store.checkpoints.record(threadId, kept, Date.now());
      },
      requested: () => {
        throw new Error("no interrupts are told of here");
      },
    });
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.thread_id === undefined) return undefined;
    return this.#of(threadOf(config)).getTuple(config);
  }

  override async *list(config: RunnableConfig, options?: CheckpointListOptions) {
    const named = config.configurable?.thread_id as string | undefined;
    const all = { limit: 1000, offset: 0, sortBy: "created_at", sortOrder: "desc" } as const;
    const ids =
      named === undefined ? (await this.store.threads.search(all)).map(({ threadId }) => threadId) : [named];
    let left = options?.limit ?? Number.POSITIVE_INFINITY;
    for (const id of ids) {
      for await (const tuple of this.#of(id).list(config, options)) {
        if (left <= 0) return;
        left -= 1;
        yield tuple;
      }
    }
  }

  override put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    versions: ChannelVersions,
  ): Promise<RunnableConfig> {
    return this.#of(threadOf(config)).put(config, checkpoint, metadata, versions);
  }

  override putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string): Promise<void> {
    return this.#of(threadOf(config)).putWrites(config, writes, taskId);
  }

  override deleteThread(threadId: string): Promise<void> {
    return this.#of(threadId).deleteThread(threadId);
  }
}

function threadOf(config: RunnableConfig): string {
  const id = config.configurable?.thread_id as string | undefined;
  if (id === undefined) throw new Error("configurable.thread_id is missing");
  return id;
}
