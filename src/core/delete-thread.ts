import type { CommandDeps } from "./accepted-run.ts";

/** Deletes threads; whoever follows one is through. */
export function createDeleteThread({ store, feed }: Pick<CommandDeps, "store" | "feed">) {
  return async (threadId: string, expiredBy?: number): Promise<boolean> => {
    const isDeleted = await store.threads.delete(threadId, expiredBy);
    if (isDeleted) feed.end(threadId);
    return isDeleted;
  };
}
