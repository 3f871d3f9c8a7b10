import type { Lease } from "./ports.ts";

/** How long to wait before a lease is given back, in ms: the first time, and at most. It doubles. */
const [firstWaitMs, maxWaitMs] = [250, 30_000];

/**
 * Leases of attempts that could not go on: given back after a while, the longer the more often the run came back,
 * so that a store in trouble is not asked over and over.
 */
export function createReturns(release: (leases: Lease[]) => Promise<void>, onReturned: () => void) {
  const counts = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  let waiting: Lease[] = [];
  /** What each timer is for. */
  const held = new WeakMap<NodeJS.Timeout, Lease>();
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
      for (const lease of leases) later(lease);
    }
  }

  function later(lease: Lease): void {
    if (isClosed) {
      waiting.push(lease);
      return;
    }
    const count = counts.get(lease.runId) ?? 0;
    counts.set(lease.runId, count + 1);
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        waiting.push(lease);
        flight = flight.then(giveBack);
      },
      Math.min(firstWaitMs * 2 ** count, maxWaitMs),
    );
    timers.add(timer);
    held.set(timer, lease);
  }

  return {
    add: later,
    /** How often a run was given back here: attempts that took no process down with them. */
    countOf: (runId: string): number => counts.get(runId) ?? 0,
    forget(runId: string): void {
      counts.delete(runId);
    },
    /** Tries a last time; what is left is taken over when its lease runs out. */
    async close(): Promise<void> {
      isClosed = true;
      for (const timer of timers) {
        clearTimeout(timer);
        const lease = held.get(timer);
        if (lease) waiting.push(lease);
      }
      timers.clear();
      flight = flight.then(giveBack);
      await flight;
    },
  };
}
