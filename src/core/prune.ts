import { loadReachable } from "./contents.ts";
import type { Store, StoredCheckpoint } from "./ports.ts";

/**
 * Deletes a thread's older checkpoints, and what only they hold of the state. The newest `keep` of the root
 * stay, with those of the subgraphs that belong to them: enough to go on, to answer, and to look back so far.
 *
 * @throws `state_busy` while a run is active.
 * @returns How many checkpoints were deleted.
 */
export async function pruneThread(store: Store, threadId: string, keep: number): Promise<number> {
  const asOf = await store.log.lastSeq(threadId);
  const all = await store.checkpoints.list(threadId, {});
  const roots = all.filter(({ checkpointNs }) => checkpointNs === "").slice(0, keep);
  const [newest] = roots;
  if (newest === undefined) return 0;
  const rootIds = new Set(roots.map(({ checkpointId }) => checkpointId));
  const memories = newestOfMemories(all);
  const kept = all.filter(
    (one) =>
      (one.checkpointNs === "" && rootIds.has(one.checkpointId)) ||
      rootIds.has(rootOf(one)) ||
      memories.has(one),
  );
  if (kept.length === all.length) return 0;
  const used = await Promise.all(kept.map((one) => hashesOf(store, threadId, one)));
  const reachable = await loadReachable(used.flat(), (hashes) =>
    store.checkpoints.contents(threadId, hashes),
  );
  const { checkpoints } = await store.checkpoints.prune(threadId, {
    newest: newest.checkpointId,
    checkpoints: kept.map(({ checkpointNs, checkpointId }) => ({ checkpointNs, checkpointId })),
    hashes: [...reachable.keys()],
    asOf,
  });
  return checkpoints;
}

/** Prunes a thread that holds twice what it is to keep: so the work of a turn does not grow with the thread. */
export async function thinOutThread(store: Store, threadId: string, keep: number): Promise<void> {
  const roots = await store.checkpoints.list(threadId, { checkpointNs: "", limit: 2 * keep + 1 });
  if (roots.length > 2 * keep) await pruneThread(store, threadId, keep);
}

/** What subgraphs remember from run to run (`checkpointer: true`): their namespaces name no task. */
function newestOfMemories(all: StoredCheckpoint[]): Set<StoredCheckpoint> {
  const newest = new Map<string, StoredCheckpoint>();
  for (const one of all) {
    const { checkpointNs: ns } = one;
    if (ns !== "" && !ns.includes(":") && !newest.has(ns)) newest.set(ns, one);
  }
  return new Set(newest.values());
}

/** The root checkpoint under which a subgraph's checkpoint was made. */
function rootOf({ metadata }: StoredCheckpoint): string {
  return String((metadata.parents as Record<string, unknown> | undefined)?.[""] ?? "");
}

async function hashesOf(store: Store, threadId: string, one: StoredCheckpoint): Promise<string[]> {
  const writes = await store.checkpoints.writes(threadId, one.checkpointNs, one.checkpointId);
  return [...Object.values(one.body.channels as Record<string, string>), ...writes.map(({ hash }) => hash)];
}
