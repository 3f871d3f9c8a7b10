import type { Actor, Notifier } from "./ports.ts";
import { createTeller, parseWord } from "./viewer-news.ts";

/** Somebody who has a thread open. */
export interface Viewer {
  id: string;
  verified: boolean;
  /** Since when without a break, in ms since the epoch, by the clock of the process that serves them. */
  since: number;
}

/** Who has a thread open: in this process, and, as far as they tell, in others on the same store. */
export interface Viewers {
  /** Somebody has opened a thread. Returns how to say that they closed it; may be called again. */
  watch(threadId: string, actor: Actor): () => void;
  /** Each once, whatever they have open; who has been there longest comes first. */
  list(threadId: string): Viewer[];
  /** Tells the others that everybody here has gone. */
  stop(): Promise<void>;
}

/** How often a process says again who is there, and how long others believe it, in ms: two words may be lost. */
const [renewMs, believeMs] = [5_000, 16_000];

interface Present extends Viewer {
  /** Streams and sockets. */
  open: number;
}

interface Heard extends Viewer {
  /** The process that serves them. */
  from: string;
  until: number;
}

/** Viewers by thread, and by a key of their own. */
type ByThread<V> = Map<string, Map<string, V>>;

/**
 * Nothing of it is stored. What a process has said is forgotten when it does not say it again, as one that died; what
 * is lost on the way comes with the next round.
 *
 * @param self - Names this process among those on the store.
 */
export function createViewers(
  notifier: Notifier | undefined,
  { self, now }: { self: string; now: () => number },
): Viewers {
  const present: ByThread<Present> = new Map();
  const heard: ByThread<Heard> = new Map();
  const teller = notifier && createTeller(notifier, self);

  /** Tells of everybody again, and forgets whom nobody tells of any more. */
  function renew(): void {
    for (const [threadId, viewers] of present) {
      for (const { id, verified, since } of viewers.values()) teller?.tell([threadId, id, verified, since]);
    }
    forget(({ until }) => until < now());
  }

  function forget(isGone: (one: Heard) => boolean): void {
    for (const [threadId, viewers] of heard) {
      for (const [key, one] of viewers) if (isGone(one)) drop(heard, threadId, key);
    }
  }

  function hear(text: string): void {
    const word = parseWord(text);
    if (word === undefined) return;
    const { from, news, left } = word;
    if (left) forget((one) => one.from === from);
    for (const [threadId, id, verified, since] of news) {
      const key = `${from} ${keyOf({ id, verified })}`;
      if (since === null) drop(heard, threadId, key);
      else at(heard, threadId).set(key, { id, verified, since, from, until: now() + believeMs });
    }
  }

  const timer = notifier && setInterval(renew, renewMs).unref();
  const deafen = notifier?.hear(hear);

  return {
    watch(threadId, { id, verified }) {
      const key = keyOf({ id, verified });
      const one = present.get(threadId)?.get(key) ?? { id, verified, since: now(), open: 0 };
      at(present, threadId).set(key, one);
      one.open += 1;
      if (one.open === 1) teller?.tell([threadId, id, verified, one.since]);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        one.open -= 1;
        if (one.open > 0) return;
        drop(present, threadId, key);
        teller?.tell([threadId, id, verified, null]);
      };
    },

    list(threadId) {
      const believed = [...(heard.get(threadId)?.values() ?? [])].filter(({ until }) => until >= now());
      const all: Viewer[] = [...(present.get(threadId)?.values() ?? []), ...believed];
      all.sort((a, b) => a.since - b.since);
      const found = new Map<string, Viewer>();
      for (const { id, verified, since } of all) {
        const key = keyOf({ id, verified });
        if (!found.has(key)) found.set(key, { id, verified, since });
      }
      return [...found.values()];
    },

    async stop() {
      clearInterval(timer);
      deafen?.();
      await teller?.leave();
    },
  };
}

/** A name that is only claimed is another than the same one that is vouched for. */
function keyOf({ id, verified }: Pick<Actor, "id" | "verified">): string {
  return `${verified ? "verified" : "claimed"} ${id}`;
}

function at<V>(all: ByThread<V>, threadId: string): Map<string, V> {
  const known = all.get(threadId);
  if (known) return known;
  const made = new Map<string, V>();
  all.set(threadId, made);
  return made;
}

function drop<V>(all: ByThread<V>, threadId: string, key: string): void {
  const viewers = all.get(threadId);
  viewers?.delete(key);
  if (viewers?.size === 0) all.delete(threadId);
}
