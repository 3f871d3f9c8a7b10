import type { Core } from "../core/core.ts";
import type { ThreadRecord } from "../core/ports.ts";

const looks = new WeakMap<Core, Map<string, Promise<ThreadRecord | undefined>>>();

/**
 * The thread as it is now. Those who ask within one turn of the event loop share the look: each reader of a stream
 * asks before each batch, and those of one thread get theirs together.
 */
export function lookAtThread(core: Core, threadId: string): Promise<ThreadRecord | undefined> {
  const shared = looks.get(core) ?? new Map<string, Promise<ThreadRecord | undefined>>();
  looks.set(core, shared);
  const known = shared.get(threadId);
  if (known) return known;
  const look = core.store.threads.find(threadId);
  shared.set(threadId, look);
  setImmediate(() => shared.delete(threadId));
  return look;
}
