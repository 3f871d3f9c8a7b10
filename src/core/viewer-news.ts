import { setTimeout as wait } from "node:timers/promises";
import { isRecord } from "../protocol/json.ts";
import type { Notifier } from "./ports.ts";

/** How long comings and goings collect before they are told, and how long a goodbye may take, in ms. */
const [collectMs, goodbyeMs] = [50, 1_000];

/** Of one person on one thread, as processes tell each other; `since` is null when they have gone. */
export type News = [threadId: string, id: string, verified: boolean, since: number | null];

/** What a word says: news of a process, or that it has left, and with it all whom it served. */
export interface Word {
  from: string;
  news: News[];
  left: boolean;
}

export interface Teller {
  /** Tells the other processes, soon; of several news of the same person on the same thread, the last. */
  tell(news: News): void;
  /** Says goodbye. Nothing is told after it. */
  leave(): Promise<void>;
}

/** Words of other kinds, and of versions to come, are not for us. */
const kind = "viewers";

export function createTeller(notifier: Notifier, self: string): Teller {
  const waiting = new Map<string, News>();
  let timer: NodeJS.Timeout | undefined;
  let hasLeft = false;

  function collect(): void {
    timer ??= setTimeout(send, collectMs).unref();
  }

  /** One call after the other, so that they arrive in order: while the database is away, news only collect. */
  async function send(): Promise<void> {
    const words = toWords(self, waiting.values(), notifier.wordBytes);
    waiting.clear();
    await notifier.say(words);
    timer = undefined;
    if (waiting.size > 0 && !hasLeft) collect();
  }

  return {
    tell(news) {
      if (hasLeft) return;
      const [threadId, id, verified] = news;
      waiting.set(JSON.stringify([threadId, id, verified]), news);
      collect();
    },
    async leave() {
      hasLeft = true;
      clearTimeout(timer);
      const word = JSON.stringify({ kind, from: self, left: true });
      await Promise.race([notifier.say([word]), wait(goodbyeMs, undefined, { ref: false })]);
    },
  };
}

/** News as words that are each short enough; of somebody whose name alone is too long nobody hears. */
export function toWords(from: string, news: Iterable<News>, wordBytes: number): string[] {
  const words: string[] = [];
  const empty = Buffer.byteLength(JSON.stringify({ kind, from, news: [] }));
  let page: News[] = [];
  let size = empty;
  const close = () => {
    if (page.length > 0) words.push(JSON.stringify({ kind, from, news: page }));
    page = [];
    size = empty;
  };
  for (const one of news) {
    const bytes = Buffer.byteLength(JSON.stringify(one)) + 1;
    if (empty + bytes > wordBytes) continue;
    if (size + bytes > wordBytes) close();
    page.push(one);
    size += bytes;
  }
  close();
  return words;
}

/** Undefined for a word that is about something else. */
export function parseWord(text: string): Word | undefined {
  const word = parseJson(text);
  if (!isRecord(word) || word.kind !== kind || typeof word.from !== "string") return undefined;
  const news = Array.isArray(word.news) ? word.news.filter(isNews) : [];
  return { from: word.from, news, left: word.left === true };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNews(value: unknown): value is News {
  if (!Array.isArray(value)) return false;
  const [threadId, id, verified, since] = value as unknown[];
  const isOfSomebody = typeof threadId === "string" && typeof id === "string";
  return isOfSomebody && typeof verified === "boolean" && (since === null || typeof since === "number");
}
