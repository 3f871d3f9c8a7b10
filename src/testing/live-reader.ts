import { setTimeout as wait } from "node:timers/promises";
import { createView, type View } from "./view.ts";
import { followEvents, type WireEvent } from "./wire-client.ts";

/** A reader that stays: it comes back after every break, from where it was. */
export interface LiveReader {
  readonly view: View;
  /** Everything it was sent, in order. */
  readonly events: readonly WireEvent[];
  /** What it was sent that no log may hold. */
  readonly faults: readonly string[];
  /** Resolves when it has read this far. @throws Error when that takes too long. */
  reach(seq: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param url - Where the server is now; it may move with every restart. */
export function createLiveReader(url: () => string, threadId: string): LiveReader {
  let attempt = new AbortController();
  let isStopped = false;
  const faults: string[] = [];
  const events: WireEvent[] = [];
  const view = createView((fault) => faults.push(`live reader: ${fault}`));
  const waiting = new Set<() => void>();

  async function follow(): Promise<void> {
    while (!isStopped) {
      attempt = new AbortController();
      try {
        const options = { since: view.cursor, signal: attempt.signal };
        for await (const event of followEvents(url(), threadId, options)) {
          events.push(event);
          view.apply(event);
          for (const look of waiting) look();
        }
      } catch {
        // The server went away, or there is none just now.
      }
      attempt.abort();
      if (!isStopped) await wait(10);
    }
  }

  const followed = follow();
  return {
    view,
    events,
    faults,
    async reach(seq) {
      let look = () => {};
      const reached = new Promise<void>((resolve) => {
        look = () => {
          if (view.cursor >= seq) resolve();
        };
      });
      waiting.add(look);
      look();
      const patience = AbortSignal.timeout(20_000);
      const late = new Promise<never>((_resolve, reject) => {
        patience.addEventListener("abort", () =>
          reject(
            new Error(`A live reader of ${threadId} stands at ${view.cursor} and never came to ${seq}.`),
          ),
        );
      });
      await Promise.race([reached, late]).finally(() => waiting.delete(look));
    },
    async stop() {
      isStopped = true;
      attempt.abort();
      await followed;
    },
  };
}
