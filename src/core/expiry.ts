import type { Feed } from "./feed.ts";
import { inputAnswered } from "./lifecycle.ts";
import type { Actor, InterruptRecord, Store } from "./ports.ts";

/** Who answers when nobody did in time. */
export const expiryActor: Actor = { id: "countersign:expiry", verified: true, roles: [] };

const [intervalMs, pageLength] = [1_000, 100];

export interface ExpiryDeps {
  store: Store;
  feed: Feed;
  now: () => number;
  /** Answers as {@link expiryActor}. Throws when the answer does not fit or somebody was faster. */
  answer: (interrupt: InterruptRecord) => Promise<unknown>;
  report: (error: unknown, context: Record<string, unknown>) => void;
}

/** Does what was chosen for questions whose time is up. Several processes may look; one of them closes. */
export function createExpiry({ store, feed, now, answer, report }: ExpiryDeps) {
  let isLooking = false;

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
      }
    }
    const at = now();
    const event = inputAnswered(null, [interruptId], "expired", at);
    const events = await store.interrupts.close(threadId, [interruptId], { status: "expired", at, event });
    if (events) feed.publish(threadId, events);
  }

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      for (const interrupt of await store.interrupts.listDue(now(), pageLength)) await expire(interrupt);
    } catch (error) {
      report(error, { during: "expiry" });
    } finally {
      isLooking = false;
    }
  }

  return {
    look,
    /** Looks from time to time. Returns how to stop. */
    start(): () => void {
      const timer = setInterval(look, intervalMs);
      return () => clearInterval(timer);
    },
  };
}
