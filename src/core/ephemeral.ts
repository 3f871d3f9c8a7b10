import type { JsonObject } from "../protocol/json.ts";
import type { Store } from "./ports.ts";

/** Metadata of a thread that goes with its only run. Clients cannot write this key. */
export const ephemeralMetadata: JsonObject = { countersign_ephemeral: true };

/** How long such a thread stays after its run has ended, for those who still read of it, in ms. */
const graceMs = 60_000;

/** Deletes the threads of stateless runs that ended a while ago. */
export async function sweepEphemeral(store: Store, now: number): Promise<void> {
  const threads = await store.threads.search({
    metadata: ephemeralMetadata,
    limit: 100,
    offset: 0,
    sortBy: "updated_at",
    sortOrder: "asc",
  });
  for (const { threadId, status, updatedAt } of threads) {
    if (status !== "busy" && updatedAt < now - graceMs) await store.threads.delete(threadId);
  }
}
