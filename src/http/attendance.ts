import type { Core } from "../core/core.ts";
import type { Caller } from "./auth.ts";

/**
 * Somebody with a stream or a socket of a thread open: one of its viewers once it is there and they may read it, for
 * it may be opened before its thread.
 */
export interface Attendance {
  /** They may read the thread. May be called again; means nothing once they have left. */
  come(): void;
  leave(): void;
}

export function createAttendance(
  { viewers }: Pick<Core, "viewers">,
  threadId: string,
  { actor }: Pick<Caller, "actor">,
): Attendance {
  let gone: (() => void) | undefined;
  let hasLeft = false;
  return {
    come() {
      if (!hasLeft) gone ??= viewers.watch(threadId, actor);
    },
    leave() {
      hasLeft = true;
      gone?.();
    },
  };
}
