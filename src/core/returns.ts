import type { Lease } from "./ports.ts";

/** How long to wait before a lease is given back again that could not be, in ms. */
const retryMs = 1_000;

/** Leases of attempts that could not go on: given back, again and again while the store does not answer. */
export function createReturns(release: (leases: Lease[]) => Promise<void>, onReturned: () => void) {
  let waiting: Lease[] = [];
  let timer: NodeJS.Timeout | undefined;
  let flight: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function giveBack(): Promise<void> {
    const leases = waiting;
    waiting = [];
    if (leases.length === 0) return;
    try {
      await release(leases);
      if (!isClosed) onReturned();
    } catch {
      // The store does not answer; whoever could not write has reported it.
      waiting.push(...leases);
      if (!isClosed) timer ??= setTimeout(next, retryMs);
    }
  }

  function next(): void {
    timer = undefined;
    flight = flight.then(giveBack);
  }

  return {
    add(lease: Lease): void {
      waiting.push(lease);
      next();
    },
    /** Tries a last time; what is left is taken over when its lease runs out. */
    async close(): Promise<void> {
      isClosed = true;
      clearTimeout(timer);
      next();
      await flight;
    },
  };
}
