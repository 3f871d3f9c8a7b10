import { CountersignError } from "../protocol/errors.ts";
import type { CommandDeps } from "./accepted-run.ts";
import { inputAnswered } from "./lifecycle.ts";

export interface WithdrawCommand {
  threadId: string;
  /** Questions to put away without an answer, all or none. */
  interruptIds: string[];
}

/**
 * Puts questions away that nobody will answer, such as those of a graph that changed. The graph stays where it
 * is: new input starts it anew.
 */
export function createWithdraw({ store, feed, worker, now }: CommandDeps) {
  return async ({ threadId, interruptIds }: WithdrawCommand): Promise<void> => {
    const at = now();
    const event = inputAnswered(null, interruptIds, "cancelled", at);
    const events = await store.interrupts.close(threadId, interruptIds, { status: "cancelled", at, event });
    if (events === false) {
      const open = await store.interrupts.listOpen([threadId]);
      throw new CountersignError(
        "no_such_interrupt",
        `Not all of ${interruptIds.join(", ")} are open on thread ${threadId}; none was put away. Reload the thread to see where it stands.`,
        { interrupt_ids: interruptIds, open_ids: open.map(({ interruptId }) => interruptId) },
      );
    }
    feed.publish(threadId, events);
    worker.wake();
  };
}
