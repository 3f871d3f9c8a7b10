import fc from "fast-check";
import { expect, test } from "vitest";
import type { Core } from "../../src/core/core.ts";
import { createFeed } from "../../src/core/feed.ts";
import type { EventRecord, LogPort, RunRecord } from "../../src/core/ports.ts";
import { followRun } from "../../src/http/classic-stream.ts";

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

test("when hints may have been lost, every reader looks", async () => {
  const { log, events } = createLog();
  const feed = createFeed(log);
  const stop = new AbortController();
  const readers = ["t", "u"].map((threadId) => feed.follow(threadId, 0, stop));
  const next = readers.map((reader) => take(reader, 1));
  await Promise.resolve();
  events.push(event(1));
  feed.hintAll();
  expect(await Promise.all(next)).toEqual([[1], [1]]);
  stop.abort();
});

test("the classic stream of a run has its last events, however late the hint of them", async () => {
  const { log, events } = createLog();
  const feed = createFeed(log);
  let status = "running";
  const core = { feed, store: { log, runs: { find: async () => ({ status }) } } } as unknown as Core;
  const run = { threadId: "t", runId: "r" } as RunRecord;
  // By another process, once this reader has seen that there is nothing more, and without a word of it.
  const { read } = log;
  log.read = async (...page) => {
    const found = await read(...page);
    if (status === "running") {
      status = "success";
      setImmediate(() =>
        events.push(event(2), { ...event(3), method: "lifecycle", data: '{"event":"completed"}' }),
      );
    }
    return found;
  };
  events.push(event(1));
  const seqs: number[] = [];
  for await (const batch of followRun(core, run, { after: 0, signal: new AbortController().signal })) {
    if (batch !== "idle") seqs.push(...batch.map(({ seq }) => seq));
  }
  expect(seqs).toEqual([1, 2, 3]);
});

test.each(["published", "not published"])(
  "a thread that was deleted and made anew is another log, also while somebody follows the old one; %s",
  async (how) => {
    const { log, events } = createLog();
    const feed = createFeed(log);
    const stop = new AbortController();
    events.push(event(1), event(2), event(3));
    const old = feed.follow("t", 0, stop);
    expect(await take(old, 3)).toEqual([1, 2, 3]);
    const waiting = old.next();
    const anew = [1, 2].map((seq) => ({ ...event(seq), at: 7 }));
    events.splice(0, 3, ...anew);
    if (how === "published") feed.publish("t", anew);

    const said: EventRecord[] = [];
    const reader = feed.follow("t", 0, stop);
    said.push(...(await reader.next()).value);
    const next = reader.next();
    for (const seq of [3, 4]) {
      events.push({ ...event(seq), at: 7 });
      feed.publish("t", events.slice(-1));
    }
    said.push(...(await next).value);
    while (said.length < 4) said.push(...(await reader.next()).value);
    expect(said.map(({ seq, at }) => [seq, at])).toEqual([1, 2, 3, 4].map((seq) => [seq, 7]));
    stop.abort();
    await waiting;
  },
);

test("who follows a thread that is deleted is through, and has nothing of the thread that has its id then", async () => {
  const { log, events } = createLog();
  const feed = createFeed(log);
  const stop = new AbortController();
  const { read } = log;
  let arrive = () => {};
  const isHeld = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  events.push(event(1));
  const waits = feed.follow("t", 0, stop);
  expect(await take(waits, 1)).toEqual([1]);
  const behind = feed.follow("t", 0, stop);
  expect(await take(behind, 1)).toEqual([1]);
  const waiting = waits.next();
  log.read = async (...page) => {
    await isHeld;
    return read(...page);
  };
  const looking = feed.follow("t", 0, stop).next();
  const elsewhere = feed.follow("u", 0, stop).next();

  feed.end("t");
  events.splice(0, 1, { ...event(1), at: 7 });
  const anew = feed.follow("t", 0, stop);
  const next = anew.next();
  arrive();
  const through = { done: true, value: undefined };
  expect(await Promise.all([waiting, looking, behind.next()])).toEqual([through, through, through]);
  expect((await next).value).toEqual([{ ...event(1), at: 7 }]);
  // Those who left took nothing from who came later.
  const later = anew.next();
  events.push({ ...event(2), at: 7 });
  feed.publish("t", events.slice(-1));
  expect((await later).value).toEqual([{ ...event(2), at: 7 }]);
  expect((await elsewhere).done).toBe(false);
  stop.abort();
});

test("readers that keep up share the tail and read the store no more", async () => {
  const { log, events, reads } = createLog();
  const feed = createFeed(log);
  const stop = new AbortController();
  const readers = [1, 2, 3].map(() => feed.follow("t", 0, stop));
  const all = readers.map((reader) => take(reader, 100));
  await expect.poll(reads).toBe(1);
  for (let seq = 1; seq <= 100; seq += 1) {
    events.push(event(seq));
    feed.publish("t", [event(seq)]);
  }
  for (const seqs of await Promise.all(all)) expect(seqs).toHaveLength(100);
  expect(reads()).toBe(1);
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

/** Some of what can happen, in any order. */
const happenings = fc.subarray(["publish", "write", "hint", "wait"], { minLength: 1 }).chain((whats) =>
  fc.array(fc.record({ what: fc.constantFrom(...whats), count: fc.integer({ min: 1, max: 700 }) }), {
    maxLength: 12,
  }),
);

test("whatever is published, hinted at and read in whatever order, each reader has every event once", async () => {
  const history = fc.asyncProperty(
    happenings,
    fc.array(fc.nat(900), { minLength: 1, maxLength: 4 }),
    fc.infiniteStream(fc.nat(3)),
    fc.uniqueArray(fc.integer({ min: 1, max: 900 })),
    async (story, places, delays, folded) => {
      const { log, events } = createLog();
      for (const seq of folded.sort((a, b) => a - b)) events.push(event(seq)); // what is missing was folded
      const { read } = log;
      log.read = async (...page) => {
        const found = await read(...page);
        for (let turns = delays.next().value ?? 0; turns > 0; turns -= 1) await turn();
        return found;
      };
      const feed = createFeed(log);
      const stop = new AbortController();
      const followed = places.map((after) => ({ after, seqs: [] as number[] }));
      const readers = followed.map(async ({ after, seqs }) => {
        for await (const batch of feed.follow("t", after, stop)) seqs.push(...batch.map(({ seq }) => seq));
      });
      for (const { what, count } of story) {
        const end = events.at(-1)?.seq ?? 0;
        const fresh = Array.from({ length: count }, (_, at) => event(end + at + 1));
        if (what === "wait") await turn();
        else if (what === "hint") feed.hint("t");
        else events.push(...fresh);
        // Who commits publishes a moment later: another process may have written more by then.
        if (what === "publish") void Promise.resolve().then(() => feed.publish("t", fresh));
      }
      await turn();
      // Of what this process committed itself nobody needs a hint.
      if (story.some(({ what }) => what === "write")) feed.hintAll();
      for (const { after, seqs } of followed) {
        const all = events.map(({ seq }) => seq).filter((seq) => seq > after);
        await expect.poll(() => seqs.length, { interval: 1 }).toBeGreaterThanOrEqual(all.length);
        expect(seqs).toEqual(all);
      }
      stop.abort();
      await Promise.all(readers);
    },
  );
  await fc.assert(history, { numRuns: 1_000, endOnFailure: true });
});

test("whenever a thread is deleted, each who followed it is through, and nobody reads of two threads", async () => {
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom("publish", "write", "hint", "wait", "follow", "end"),
      count: fc.integer({ min: 1, max: 600 }),
    }),
    { minLength: 1, maxLength: 16 },
  );
  const history = fc.asyncProperty(steps, fc.infiniteStream(fc.nat(3)), async (story, delays) => {
    const { log, events } = createLog();
    const { read } = log;
    const pause = async () => {
      for (let turns = delays.next().value ?? 0; turns > 0; turns -= 1) await turn();
    };
    log.read = async (...page) => {
      await pause();
      const found = await read(...page);
      await pause();
      return found;
    };
    const feed = createFeed(log);
    const stop = new AbortController();
    /** How often the id was given to a thread: when its events are of. */
    let at = 0;
    const readers: { at: number; said: EventRecord[]; done: Promise<void> }[] = [];
    const through: typeof readers = [];
    const follow = () => {
      const said: EventRecord[] = [];
      const listen = async () => {
        for await (const batch of feed.follow("t", 0, stop)) said.push(...batch);
      };
      readers.push({ at, said, done: listen() });
    };
    follow();
    for (const { what, count } of story) {
      const end = events.at(-1)?.seq ?? 0;
      const fresh = Array.from({ length: count }, (_, index) => ({ ...event(end + index + 1), at }));
      if (what === "wait") await turn();
      else if (what === "hint") feed.hint("t");
      else if (what === "follow") follow();
      else if (what === "end") {
        events.length = 0;
        at += 1;
        feed.end("t");
        through.push(...readers.splice(0));
        follow();
      } else {
        events.push(...fresh);
        if (what === "publish") feed.publish("t", fresh);
      }
    }
    feed.hintAll();
    await Promise.all(through.map(({ done }) => done));
    for (const one of through) expect(one.said.every((event) => event.at === one.at)).toBe(true);
    for (const { said } of readers) {
      await expect.poll(() => said.length, { interval: 1 }).toBeGreaterThanOrEqual(events.length);
      expect(said).toEqual(events);
    }
    stop.abort();
    await Promise.all(readers.map(({ done }) => done));
  });
  await fc.assert(history, { numRuns: 500, endOnFailure: true });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
