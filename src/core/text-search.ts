import { type FoundMessage, searchMessages } from "./message-search.ts";
import type { Store, ThreadRecord } from "./ports.ts";
import type { Redact } from "./redaction.ts";
import { createTextMatcher } from "./text-match.ts";

/** How long one search goes on before it says how far it came, in ms. */
const budgetMs = 200;

/** Pieces of work that are done at the same time, in a process; so many threads are read side by side. */
const atOnce = 4;

/** Where a search goes on: in this thread, or behind it. */
export interface TextPosition {
  threadId: string;
  /** When the thread had last changed as the search met it: its place among the others. */
  updatedAt: number;
  /** The place of the message that was looked at last; null when the thread is done. */
  message: number | null;
}

/** A thread that a search comes by. */
export interface Candidate extends Pick<TextPosition, "updatedAt" | "message"> {
  thread: ThreadRecord;
  /** False for one that is only passed: that takes its time, too. */
  isVisible: boolean;
}

export interface TextHit extends FoundMessage {
  thread: ThreadRecord;
}

export interface TextSearch {
  /**
   * Looks for a text in the messages of these threads, one after the other, each from its newest message on, until it
   * has so many hits, or its time is up. `next` is where to go on, undefined at the end. It always gets further, if
   * only by some messages.
   */
  find(query: {
    text: string;
    limit: number;
    candidates: AsyncIterable<Candidate>;
  }): Promise<{ hits: TextHit[]; next: TextPosition | undefined }>;
}

/** Nothing is stored for it: it reads what the state is made of. */
export function createTextSearch(
  { checkpoints }: Pick<Store, "checkpoints">,
  { now, redact }: { now: () => number; redact: Redact | undefined },
): TextSearch {
  const source = { checkpoints, redact, turn: createTurns() };
  return {
    async find({ text, limit, candidates }) {
      const matcher = createTextMatcher(text);
      const isUp = createBudget(now);
      const hits: TextHit[] = [];
      const begin = (candidate: Candidate) => {
        const { thread, isVisible, message } = candidate;
        const from = { matcher, before: message ?? undefined };
        const pages = isVisible ? begun(searchMessages(source, thread.threadId, from)) : [];
        return { ...candidate, pages };
      };
      for await (const { thread, updatedAt, pages } of ahead(candidates, atOnce - 1, begin)) {
        const { threadId } = thread;
        for await (const looked of pages) {
          for (const { place, found } of looked) {
            if (found) hits.push({ ...found, thread });
            if (hits.length === limit) return { hits, next: { threadId, updatedAt, message: place } };
          }
          const last = looked.at(-1);
          if (last && isUp()) return { hits, next: { threadId, updatedAt, message: last.place } };
        }
        if (isUp()) return { hits, next: { threadId, updatedAt, message: null } };
      }
      return { hits, next: undefined };
    },
  };
}

/** Also up when the clock was put back: nobody knows how long it took. */
function createBudget(now: () => number): () => boolean {
  const startedAt = now();
  return () => {
    const passed = now() - startedAt;
    return passed < 0 || passed > budgetMs;
  };
}

/**
 * So many pieces of work at a time, whoever asks for them: searches never take all connections of a store. Before
 * each, everything else in the process has its turn.
 */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  let free = atOnce;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
      await last;
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** The same, and its first item is on its way already. */
function begun<T>(items: AsyncGenerator<T>): AsyncIterable<T> {
  const first = items.next();
  first.catch(() => {}); // also when nobody comes to it
  return (async function* () {
    const { value, done } = await first;
    if (done) return;
    yield value;
    yield* items;
  })();
}

/** Begins with the items that come next while one is still being looked at. */
async function* ahead<T, R>(
  items: AsyncIterable<T>,
  count: number,
  begin: (item: T) => R,
): AsyncGenerator<R> {
  const begun: R[] = [];
  for await (const item of items) {
    begun.push(begin(item));
    if (begun.length > count) yield begun.shift() as R;
  }
  yield* begun;
}
