import type { ThreadPort, ThreadRecord } from "./ports.ts";

/**
 * What reaches a thread's state beside its graph (an update, a `goto`, a fork) voids the approvals before it
 * (invariant 8). When that was last is kept in the thread's metadata, under a key that clients cannot write.
 */
const key = "countersign_state_written_at";

/** True for metadata keys that are ours alone. */
export function isReservedKey(name: string): boolean {
  return name.startsWith("countersign_");
}

/** Marks the thread before the state is written: should that fail, approvals are void all the same. */
export async function markStateWritten(threads: ThreadPort, threadId: string, at: number): Promise<void> {
  await threads.patch(threadId, { [key]: at }, at);
}

/** Answers before this instant (ms since the epoch) approve nothing any more. */
export function voidBefore(thread: ThreadRecord | undefined): number {
  const at = thread?.metadata[key];
  return typeof at === "number" ? at : 0;
}
