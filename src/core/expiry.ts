import { isCountersignError } from "../protocol/errors.ts";
import type { Feed } from "./feed.ts";
import { inputAnswered } from "./lifecycle.ts";
import type { Actor, InterruptRecord, Store } from "./ports.ts";

/** Who answers when nobody did in time. */
export const expiryActor: Actor = { id: "countersign:expiry", verified: true, roles: [] };

const pageLength = 100;

export interface ExpiryDeps {
  store: Store;
  feed: Feed;
  now: () => number;
  /** Answers as {@link expiryActor}. Throws when the answer does not fit or somebody was faster. */
  answer: (interrupt: InterruptRecord) => Promise<unknown>;
  report: (error: unknown, context: Record<string, unknown>) => void;
}

/** Looks for questions whose time is up and does what was chosen for that. Of several processes one closes each. */
export function createExpiry({ store, feed, now, answer, report }: ExpiryDeps): () => Promise<void> {
  async function expire(interrupt: InterruptRecord): Promise<void> {
    const { interruptId, threadId, onExpiry } = interrupt;
    if (onExpiry.type === "answer") {
      try {
        await answer(interrupt);
        return;
      } catch (error) {
        const [row] = await store.interrupts.find(threadId, [interruptId]);
        if (row?.status !== "open") return;
        report(error, { during: "expiry", threadId, interruptId });
        // An answer that can never be given is given up; with any other trouble it is tried again.
        if (!isCountersignError(error, "invalid_answer") && !isCountersignError(error, "graph_changed"))
          return;
      }
    }
    const at = now();
    const event = inputAnswered(null, [interruptId], "expired", at);
    const events = await store.interrupts.close(threadId, [interruptId], { status: "expired", at, event });
    if (events) feed.publish(threadId, events);
  }

  return async () => {
    for (const interrupt of await store.interrupts.listDue(now(), pageLength)) await expire(interrupt);
  };
}
