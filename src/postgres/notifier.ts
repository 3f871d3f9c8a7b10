import { createHash, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Client, Notification } from "pg";
import type { Notifier } from "../core/ports.ts";
import type { Database } from "./database.ts";
import { loadPg } from "./load-pg.ts";
import type { Settings } from "./options.ts";

/** How long hints collect before they are sent, in ms, and the bytes one payload may have. */
const [collectMs, payloadBytes] = [3, 7_900];

/** The bytes of a word: behind the sender's id and a space it fits a payload. */
const wordBytes = 7_800;

/** How often a quiet connection is asked whether it lives, and the longest pause before another try, in ms. */
const [pingMs, longestPauseMs] = [10_000, 2_000];

/** Hints by NOTIFY: sent through the pool, heard on a connection of its own that comes back by itself. */
export function createNotifier(
  db: Database,
  settings: Settings,
): { notifier: Notifier; close(): Promise<void> } {
  const channel = `countersign_${createHash("sha256").update(settings.schema).digest("hex").slice(0, 32)}`;
  // One of its own: processes of versions that know no words take everything on the other for hints.
  const wordChannel = `${channel}_words`;
  const sender = randomUUID();
  const listeners = new Set<{ onHint: (threadId: string) => void; onMissed: () => void }>();
  const wordListeners = new Set<{ onWord: (word: string) => void }>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let ear: { stop(): Promise<void> } | undefined;
  let isClosed = false;

  /** Sends what collected, one page after another: while the database is away, hints only collect. */
  async function send(): Promise<void> {
    const sent = [...changed];
    changed.clear();
    await tell(channel, toPayloads(sender, sent)).catch(() => {
      for (const threadId of sent) changed.add(threadId); // with those that come meanwhile
    });
    timer = undefined;
    if (changed.size > 0 && !isClosed) schedule();
  }

  async function tell(to: string, payloads: readonly string[]): Promise<void> {
    await db.run("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", [to, payloads]);
  }

  function schedule(): void {
    timer ??= setTimeout(send, collectMs).unref();
  }

  function hear({ channel: on, payload = "" }: Notification): void {
    if (on === wordChannel) hearWord(payload);
    else hearHints(payload);
  }

  function hearHints(payload: string): void {
    const [from, ...threadIds] = JSON.parse(payload) as string[];
    if (from === sender) return;
    for (const threadId of threadIds) for (const { onHint } of listeners) onHint(threadId);
  }

  function hearWord(payload: string): void {
    if (payload.startsWith(sender)) return;
    const word = payload.slice(payload.indexOf(" ") + 1);
    for (const { onWord } of wordListeners) onWord(word);
  }

  /** Each time one of its own, so that the same listener can be there twice. */
  function subscribe<Listener>(to: Set<Listener>, listener: Listener): () => void {
    to.add(listener);
    ear ??= listenTo(settings, [channel, wordChannel], {
      hear,
      // What was said while nobody listened is not said again.
      onBack: () => {
        for (const one of listeners) one.onMissed();
      },
    });
    return () => {
      to.delete(listener);
    };
  }

  return {
    notifier: {
      notify(threadId) {
        changed.add(threadId);
        schedule();
      },
      listen: (onHint, onMissed = () => {}) => subscribe(listeners, { onHint, onMissed }),
      wordBytes,
      async say(words) {
        const fitting = words.filter((word) => Buffer.byteLength(word) <= wordBytes);
        const payloads = fitting.map((word) => `${sender} ${word}`);
        // Lossy: who misses it hears the next one.
        if (payloads.length > 0) await tell(wordChannel, payloads).catch(() => {});
      },
      hear: (onWord) => subscribe(wordListeners, { onWord }),
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      listeners.clear();
      wordListeners.clear();
      await ear?.stop();
    },
  };
}

/** JSON arrays of the sender and thread ids, each as long as PostgreSQL takes. */
export function toPayloads(sender: string, threadIds: Iterable<string>): string[] {
  const payloads: string[] = [];
  let page: string[] = [];
  const sizeOf = (ids: string[]) => Buffer.byteLength(JSON.stringify([sender, ...ids]));
  for (const threadId of threadIds) {
    if (sizeOf([threadId]) > payloadBytes) continue; // cannot be told
    if (sizeOf([...page, threadId]) > payloadBytes) {
      payloads.push(JSON.stringify([sender, ...page]));
      page = [];
    }
    page.push(threadId);
  }
  if (page.length > 0) payloads.push(JSON.stringify([sender, ...page]));
  return payloads;
}

/** Listens until stopped, over as many connections as it takes. */
function listenTo(
  { client, listenUrl }: Settings,
  channels: readonly string[],
  { hear, onBack }: { hear: (notification: Notification) => void; onBack: () => void },
): { stop(): Promise<void> } {
  const stopped = new AbortController();
  const { signal } = stopped;
  let current: Client | undefined;

  async function listen(): Promise<void> {
    const pg = await loadPg();
    const url = listenUrl === undefined ? {} : { connectionString: listenUrl };
    const fresh = new pg.Client({ ...client, ...url });
    current = fresh;
    const broken = new Promise<never>((_, reject) => {
      fresh.on("error", reject);
      fresh.on("end", () => reject(new Error("The connection ended.")));
    });
    broken.catch(() => {}); // also when nobody waits for it
    fresh.on("notification", hear);
    await fresh.connect();
    for (const channel of channels) await fresh.query(`LISTEN ${channel}`);
    onBack();
    while (!signal.aborted) {
      await Promise.race([wait(pingMs, undefined, { signal, ref: false }), broken]);
      await fresh.query("SELECT 1");
    }
  }

  async function live(): Promise<void> {
    for (let pauseMs = 50; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const startedAt = performance.now();
      await listen().catch(() => {}); // tried again
      await current?.end().catch(() => {});
      if (performance.now() - startedAt > longestPauseMs) pauseMs = 50;
      await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  const life = live();
  return {
    async stop() {
      stopped.abort();
      await current?.end().catch(() => {});
      await life;
    },
  };
}
