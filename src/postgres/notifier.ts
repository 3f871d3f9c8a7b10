import { createHash, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Client, Notification } from "pg";
import type { Notifier } from "../core/ports.ts";
import type { Database } from "./database.ts";
import { loadPg } from "./load-pg.ts";
import type { Settings } from "./options.ts";

/** How long hints collect before they are sent, in ms, and the bytes one payload may have. */
const [collectMs, payloadBytes] = [3, 7_900];

/** How often a quiet connection is asked whether it lives, and the longest pause before another try, in ms. */
const [pingMs, longestPauseMs] = [10_000, 2_000];

/** Hints by NOTIFY: sent through the pool, heard on a connection of its own that comes back by itself. */
export function createNotifier(
  db: Database,
  settings: Settings,
): { notifier: Notifier; close(): Promise<void> } {
  const channel = `countersign_${createHash("sha256").update(settings.schema).digest("hex").slice(0, 32)}`;
  const sender = randomUUID();
  const listeners = new Set<(threadId: string) => void>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let ear: { stop(): Promise<void> } | undefined;

  /** Sends what collected, one page after another: while the database is away, hints only collect. */
  async function send(): Promise<void> {
    const payloads = toPayloads(sender, changed);
    changed.clear();
    const sql = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";
    await db.run(sql, [channel, payloads]).catch(() => {}); // lossy: who misses it looks by itself before long
    timer = undefined;
    if (changed.size > 0) schedule();
  }

  function schedule(): void {
    timer ??= setTimeout(send, collectMs).unref();
  }

  function hear({ payload = "[]" }: Notification): void {
    const [from, ...threadIds] = JSON.parse(payload) as string[];
    if (from === sender) return;
    for (const threadId of threadIds) for (const onHint of listeners) onHint(threadId);
  }

  return {
    notifier: {
      notify(threadId) {
        changed.add(threadId);
        schedule();
      },
      listen(onHint) {
        const listener = (threadId: string) => onHint(threadId);
        listeners.add(listener);
        ear ??= listenTo(settings, channel, hear);
        return () => {
          listeners.delete(listener);
        };
      },
    },
    async close() {
      clearTimeout(timer);
      listeners.clear();
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
  channel: string,
  hear: (notification: Notification) => void,
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
    await fresh.query(`LISTEN ${channel}`);
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
