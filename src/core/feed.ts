import type { EventMethod } from "../protocol/events.ts";
import type { EventRecord, LogPort } from "./ports.ts";

/**
 * Live reading of logs. Each reader has a cursor of its own and pulls; nobody pushes at a reader, so a slow
 * one slows nobody and costs no memory. Events that this process just committed are kept for a moment, so
 * that readers who keep up share them and need no read of the store.
 */
export interface Feed {
  /** Tells readers of events this process committed on a thread, in order. */
  publish(threadId: string, events: EventRecord[]): void;
  /** Calls `told` after every publish. */
  onPublish(told: (threadId: string) => void): void;
  /** Tells readers that a thread may have new events that another process committed. */
  hint(threadId: string): void;
  /** Batches of events with `seq` > `after`: what is there, then what comes, until `signal` aborts. */
  follow(threadId: string, after: number, how: Following): AsyncGenerator<EventRecord[]>;
  /** True while a reader follows the thread who shows events of this method: it is worth rendering them now. */
  isWanted(threadId: string, method: EventMethod): boolean;
}

export interface Following {
  signal: AbortSignal;
  /** Which events the reader shows; it is given the others all the same. Default: all. */
  wants?: (method: EventMethod) => boolean;
}

/** Events kept per followed thread. */
const tailLength = 1024;

/** Events a batch holds at most; one of fewer is all there is. */
export const followLength = 512;

interface Tail {
  events: EventRecord[];
  version: number;
  wake: Set<() => void>;
  readers: Set<Following>;
}

export function createFeed(log: LogPort): Feed {
  const tails = new Map<string, Tail>();
  let told: (threadId: string) => void = () => {};

  function touch(tail: Tail): void {
    tail.version += 1;
    const waiting = [...tail.wake];
    tail.wake.clear();
    for (const wake of waiting) wake();
  }

  return {
    publish(threadId, events) {
      const tail = tails.get(threadId);
      const first = events[0];
      if (first !== undefined) told(threadId);
      if (tail === undefined || first === undefined) return;
      const last = tail.events.at(-1);
      if (last !== undefined && last.seq + 1 !== first.seq) tail.events = [];
      tail.events.push(...events);
      if (tail.events.length > tailLength) tail.events = tail.events.slice(-tailLength);
      touch(tail);
    },

    onPublish(tell) {
      told = tell;
    },

    hint(threadId) {
      const tail = tails.get(threadId);
      if (tail) touch(tail);
    },

    isWanted(threadId, method) {
      for (const { wants } of tails.get(threadId)?.readers ?? []) if (wants?.(method) ?? true) return true;
      return false;
    },

    async *follow(threadId, after, how) {
      const { signal } = how;
      const tail = tails.get(threadId) ?? { events: [], version: 0, wake: new Set(), readers: new Set() };
      tails.set(threadId, tail);
      tail.readers.add(how);
      let cursor = after;
      try {
        while (!signal.aborted) {
          const seen = tail.version;
          const batch = afterCursor(tail, cursor) ?? (await log.read(threadId, cursor, followLength));
          const last = batch.at(-1);
          if (last !== undefined) {
            cursor = last.seq;
            yield batch;
          } else if (tail.version === seen) {
            await changed(tail, signal);
          }
        }
      } finally {
        tail.readers.delete(how);
        if (tail.readers.size === 0) tails.delete(threadId);
      }
    },
  };
}

/** What the tail has after a cursor, or undefined when it may not have all of it. */
function afterCursor(tail: Tail, cursor: number): EventRecord[] | undefined {
  const [first] = tail.events;
  if (first === undefined || first.seq > cursor + 1) return undefined;
  const from = cursor + 1 - first.seq;
  return from < tail.events.length ? tail.events.slice(from, from + followLength) : undefined;
}

function changed(tail: Tail, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      tail.wake.delete(done);
      resolve();
    };
    signal.addEventListener("abort", done);
    tail.wake.add(done);
    if (signal.aborted) done();
  });
}
