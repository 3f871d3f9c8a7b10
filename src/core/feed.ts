import type { EventMethod } from "../protocol/events.ts";
import type { EventRecord, LogPort } from "./ports.ts";
import { createWaking } from "./waking.ts";

/**
 * Live reading of logs. Each reader has a cursor of its own and pulls; nobody pushes at a reader, so a slow
 * one slows nobody and costs no memory. Events that this process just committed, or read at the end of the log, are
 * kept for a moment: readers who keep up share them, and those who look at one place of the store share the look.
 */
export interface Feed {
  /** Tells readers of events this process committed on a thread, in order. */
  publish(threadId: string, events: EventRecord[]): void;
  /** Calls `told` after every publish. */
  onPublish(told: (threadId: string) => void): void;
  /** Tells readers that a thread may have new events that another process committed. */
  hint(threadId: string): void;
  /** Tells all readers so: hints may have been lost. */
  hintAll(): void;
  /** A thread was deleted: who follows it now is through. Who comes later follows what has its id then. */
  end(threadId: string): void;
  /** Batches of events with `seq` > `after`: what is there, then what comes, until `signal` aborts or it ends. */
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
  /** All there are of the log from behind `start` to `end`: what was folded is missing. */
  events: EventRecord[];
  start: number;
  /** The last `seq` that is known of, once the log was looked at. */
  end: number | undefined;
  /** Counts what may have brought something new. */
  version: number;
  /** Counts what may have brought something behind `end`; and how much of that was looked into. */
  hinted: number;
  looked: number;
  /** Looks at the store that are under way, by where they begin; nothing may have come since. */
  looks: Map<number, { version: number; page: Promise<EventRecord[]> }>;
  wake: Set<() => void>;
  readers: Set<Following>;
  /** The thread was deleted. */
  isOver: boolean;
}

export function createFeed(log: LogPort): Feed {
  const tails = new Map<string, Tail>();
  const waking = createWaking();
  let told: (threadId: string) => void = () => {};

  function touch(tail: Tail): void {
    tail.version += 1;
    waking.wake(tail.wake);
  }

  function hint(tail: Tail): void {
    tail.hinted += 1;
    touch(tail);
  }

  function look(threadId: string, tail: Tail, after: number): Promise<EventRecord[]> {
    const { hinted, version } = tail;
    const underWay = tail.looks.get(after);
    if (underWay?.version === version) return underWay.page;
    const page = log
      .read(threadId, after, followLength)
      .then((events) => {
        const isAll = events.length < followLength;
        const end = events.at(-1)?.seq ?? after;
        const isShorter = isAll && tail.end !== undefined && tail.end > end && tail.version === version;
        if (isShorter || isOfAnother(tail, events.at(-1))) forget(tail);
        // Unless more was published meanwhile, which may have come in between. Nothing tells where the log ends to
        // who looks behind that.
        if (tail.end === undefined ? isAll && (after === 0 || events.length > 0) : tail.end === after) {
          if (tail.end === undefined) tail.start = after;
          tail.end = after;
          extend(tail, events);
          if (isAll) tail.looked = hinted;
        }
        return events;
      })
      .finally(() => {
        if (tail.looks.get(after)?.page === page) tail.looks.delete(after);
      });
    tail.looks.set(after, { version, page });
    return page;
  }

  return {
    publish(threadId, events) {
      if (events.length > 0) told(threadId);
      const tail = tails.get(threadId);
      if (tail === undefined) return;
      const { end = 0 } = tail;
      // A look at the store may have been faster.
      const news = events.filter(({ seq }) => seq > end);
      const [first] = news;
      if (first && first.seq !== end + 1) {
        tail.events = [];
        tail.start = first.seq - 1;
      }
      extend(tail, news);
      touch(tail);
    },

    onPublish(tell) {
      told = tell;
    },

    hint(threadId) {
      const tail = tails.get(threadId);
      if (tail) hint(tail);
    },

    hintAll() {
      for (const tail of tails.values()) hint(tail);
    },

    end(threadId) {
      const tail = tails.get(threadId);
      if (tail === undefined) return;
      tails.delete(threadId);
      tail.isOver = true;
      touch(tail);
    },

    isWanted(threadId, method) {
      for (const { wants } of tails.get(threadId)?.readers ?? []) if (wants?.(method) ?? true) return true;
      return false;
    },

    async *follow(threadId, after, how) {
      const { signal } = how;
      const tail = tails.get(threadId) ?? createTail();
      tails.set(threadId, tail);
      tail.readers.add(how);
      let resume = () => {};
      const wake = () => resume();
      signal.addEventListener("abort", wake);
      let cursor = after;
      // Who comes looks at the store: the others may follow a thread that was deleted, and another has its id now.
      let isKnown = false;
      try {
        while (!signal.aborted && !tail.isOver) {
          const seen = tail.version;
          const known = isKnown ? knownAfter(tail, cursor) : undefined;
          const batch = known ?? (await look(threadId, tail, cursor));
          isKnown = true;
          // What was looked up meanwhile may be of another thread that has the id now.
          if (tail.isOver) return;
          const last = batch.at(-1);
          if (last !== undefined) {
            cursor = last.seq;
            yield batch;
          } else if (tail.version === seen && !signal.aborted) {
            await new Promise<void>((resolve) => {
              resume = resolve;
              tail.wake.add(wake);
            });
          }
        }
      } finally {
        signal.removeEventListener("abort", wake);
        tail.wake.delete(wake);
        tail.readers.delete(how);
        if (tail.readers.size === 0 && tails.get(threadId) === tail) tails.delete(threadId);
      }
    },
  };
}

function createTail(): Tail {
  return {
    events: [],
    start: 0,
    end: undefined,
    version: 0,
    hinted: 1,
    looked: 0,
    looks: new Map(),
    wake: new Set(),
    readers: new Set(),
    isOver: false,
  };
}

/** Nothing is known of the log: it is of another thread that has the id now. */
function forget(tail: Tail): void {
  Object.assign(tail, { events: [], start: 0, end: undefined });
}

/** True for an event that is not the one which is known to be in its place. */
function isOfAnother(tail: Tail, event: EventRecord | undefined): boolean {
  if (event === undefined || event.seq <= tail.start || event.seq > (tail.end ?? 0)) return false;
  const known = tail.events.find(({ seq }) => seq === event.seq);
  return known?.at !== event.at || known.runId !== event.runId || known.data !== event.data;
}

function extend(tail: Tail, events: EventRecord[]): void {
  tail.events.push(...events);
  const excess = tail.events.splice(0, Math.max(0, tail.events.length - tailLength));
  tail.start = excess.at(-1)?.seq ?? tail.start;
  tail.end = events.at(-1)?.seq ?? tail.end;
}

/** What comes after a cursor, nothing where the log ends there; undefined when the store has to be looked at. */
function knownAfter(tail: Tail, cursor: number): EventRecord[] | undefined {
  return afterCursor(tail, cursor) ?? (isAtEnd(tail, cursor) ? [] : undefined);
}

function isAtEnd({ end, hinted, looked }: Tail, cursor: number): boolean {
  return end !== undefined && cursor >= end && hinted === looked;
}

/** What the tail has after a cursor, or undefined when it has nothing or not all of it. */
function afterCursor({ events, start }: Tail, cursor: number): EventRecord[] | undefined {
  if (cursor < start || (events.at(-1)?.seq ?? 0) <= cursor) return undefined;
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as EventRecord).seq > cursor) high = middle;
    else low = middle + 1;
  }
  return events.slice(low, low + followLength);
}
