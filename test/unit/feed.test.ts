import { expect, test } from "vitest";
import { createFeed } from "../../src/core/feed.ts";
import type { EventRecord, LogPort } from "../../src/core/ports.ts";

const event = (seq: number): EventRecord => ({
  seq,
  runId: "r",
  method: "custom",
  namespace: [],
  at: 0,
  data: "{}",
});

function createLog() {
  const events: EventRecord[] = [];
  let reads = 0;
  const log: LogPort = {
    append: async () => [],
    lastSeq: async () => events.at(-1)?.seq ?? 0,
    async read(_threadId, after, limit) {
      reads += 1;
      return events.filter(({ seq }) => seq > after).slice(0, limit);
    },
  };
  return { log, events, reads: () => reads };
}

async function take(batches: AsyncGenerator<EventRecord[]>, count: number): Promise<number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const { value, done } = await batches.next();
    if (done) break;
    seqs.push(...value.map(({ seq }) => seq));
  }
  return seqs;
}

test("a reader gets what is there, then what comes, each once and in order", async () => {
  const { log, events } = createLog();
  const feed = createFeed(log);
  events.push(event(1), event(2));
  const stop = new AbortController();
  const batches = feed.follow("t", 0, stop);
  expect(await take(batches, 2)).toEqual([1, 2]);
  const next = take(batches, 3);
  for (const seq of [3, 4, 5]) {
    events.push(event(seq));
    feed.publish("t", [event(seq)]);
  }
  expect(await next).toEqual([3, 4, 5]);
  stop.abort();
  expect(await batches.next()).toEqual({ done: true, value: undefined });
});

test("events that another process committed are read from the store when a hint comes", async () => {
  const { log, events } = createLog();
  const feed = createFeed(log);
  const stop = new AbortController();
  const batches = feed.follow("t", 0, stop);
  const next = take(batches, 4);
  events.push(event(1));
  feed.publish("t", [event(1)]);
  await Promise.resolve();
  events.push(event(2), event(3)); // by another process: a gap in what this one knows
  events.push(event(4));
  feed.publish("t", [event(4)]);
  feed.hint("t");
  expect(await next).toEqual([1, 2, 3, 4]);
  stop.abort();
});

test("readers that keep up share the tail and read the store no more", async () => {
  const { log, events, reads } = createLog();
  const feed = createFeed(log);
  const stop = new AbortController();
  const readers = [1, 2, 3].map(() => feed.follow("t", 0, stop));
  const all = readers.map((reader) => take(reader, 100));
  await expect.poll(reads).toBe(3);
  for (let seq = 1; seq <= 100; seq += 1) {
    events.push(event(seq));
    feed.publish("t", [event(seq)]);
  }
  for (const seqs of await Promise.all(all)) expect(seqs).toHaveLength(100);
  expect(reads()).toBeLessThan(10);
  stop.abort();
});

test("events are worth rendering while a reader of the thread shows them", async () => {
  const { log } = createLog();
  const feed = createFeed(log);
  const stop = new AbortController();
  expect(feed.isWanted("t", "values")).toBe(false);
  const ends = feed.follow("t", 0, { signal: stop.signal, wants: (method) => method === "lifecycle" });
  const waiting = [ends.next()];
  expect(feed.isWanted("t", "values")).toBe(false);
  expect(feed.isWanted("t", "lifecycle")).toBe(true);
  waiting.push(feed.follow("t", 0, stop).next());
  expect(feed.isWanted("t", "values")).toBe(true);
  expect(feed.isWanted("other", "values")).toBe(false);
  stop.abort();
  await Promise.all(waiting);
  expect(feed.isWanted("t", "lifecycle")).toBe(false);
});
