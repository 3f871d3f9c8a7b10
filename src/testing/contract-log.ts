import assert from "node:assert/strict";
import type { EventRecord, Store } from "../core/ports.ts";
import {
  type ContractCase,
  dataOf,
  eventFact,
  later,
  newEvent,
  promise,
  type Stores,
  start,
  together,
} from "./contract-support.ts";

const make = (store: Store, threadId = "t") =>
  store.threads.create({ threadId, owner: null, metadata: {}, at: later() });

/** Follows a log as readers do, from its start until it has seen `last` events. */
async function follow(store: Store, count: number, limit: number): Promise<EventRecord[]> {
  const seen: EventRecord[] = [];
  const patience = performance.now() + 20_000;
  while (seen.length < count) {
    assert.ok(performance.now() < patience, `saw ${seen.length} of ${count}`);
    seen.push(...(await store.log.read("t", seen.at(-1)?.seq ?? 0, limit)));
    await new Promise(setImmediate);
  }
  return seen;
}

export const logCases: readonly ContractCase[] = [
  promise("log: appends in order and reads after a cursor, page by page", async ({ store, other }) => {
    await make(store);
    const given = ["a", "b", "c"].map((data) => newEvent(data));
    const events = await store.log.append("t", given);
    assert.deepEqual(
      events,
      given.map((event, index) => ({ ...event, seq: index + 1 })),
    );
    await store.log.append("t", [newEvent("d")]);
    assert.deepEqual(await other.log.read("t", 0, 3), events);
    assert.deepEqual(dataOf(await other.log.read("t", 3, 3)), ["d"]);
    assert.deepEqual(await other.log.read("t", 4, 3), []);
    assert.equal(await other.log.lastSeq("t"), 4);
  }),

  promise("log: nothing, and no thread, are fine", async ({ store }) => {
    await make(store);
    assert.deepEqual(await store.log.append("t", []), []);
    assert.equal(await store.log.lastSeq("t"), 0);
    assert.deepEqual(await store.log.append("nobody", [newEvent("x")]), []);
    assert.deepEqual(await store.log.read("nobody", 0, 10), []);
    assert.equal(await store.log.lastSeq("nobody"), 0);
  }),

  promise("log: threads count for themselves", async ({ store }) => {
    await make(store, "t");
    await make(store, "u");
    await store.log.append("t", [newEvent("t1"), newEvent("t2")]);
    const [event] = await store.log.append("u", [newEvent("u1")]);
    assert.equal(event?.seq, 1);
    assert.deepEqual(dataOf(await store.log.read("t", 0, 10)), ["t1", "t2"]);
  }),

  promise("log: a large event comes back whole", async ({ store }) => {
    await make(store);
    const text = "0123456789 é🖊️ ".repeat(50_000);
    await store.log.append("t", [newEvent(text)]);
    assert.deepEqual(dataOf(await store.log.read("t", 0, 1)), [text]);
  }),

  promise(
    "log: a reader who follows while many write misses nothing and sees nothing twice",
    async (stores) => {
      const { store, other } = stores;
      const { lease } = await start(store, "t");
      const before = await store.log.lastSeq("t");
      const counts = [1, 2, 3, 1, 5, 2, 1, 1];
      const write = async (one: Store, writer: number): Promise<EventRecord[]> => {
        const written: EventRecord[] = [];
        for (const [round, count] of counts.entries()) {
          const events = Array.from({ length: count }, (_, place) => newEvent([writer, round, place]));
          const recorded =
            writer % 2 === 0
              ? await one.runs.record(lease, events.map(eventFact))
              : await one.log.append("t", events);
          written.push(...recorded);
        }
        return written;
      };
      const total = before + 8 * counts.reduce((sum, count) => sum + count);
      const [written, slow, fast] = await Promise.all([
        together(stores, 8, write),
        follow(other, total, 3),
        follow(store, total, 1_000),
      ]);
      const expected = written.flat().toSorted((a, b) => a.seq - b.seq);
      for (const seen of [slow, fast]) {
        assert.deepEqual(
          seen.slice(before).map(({ seq, data }) => [seq, data]),
          expected.map(({ seq, data }) => [seq, data]),
        );
      }
      assert.deepEqual(
        expected.map(({ seq }) => seq),
        expected.map((_, index) => before + 1 + index),
      );
    },
  ),

  promise("log: what is committed is all there is up to its seq", async (stores: Stores) => {
    await make(stores.store);
    const holes: unknown[] = [];
    await together(stores, 40, async (store, index) => {
      const events = await store.log.append("t", [newEvent(index)]);
      const seen = await stores.other.log.read("t", 0, 1_000);
      const last = seen.at(-1)?.seq ?? 0;
      if (seen.length !== last || last < (events[0]?.seq ?? 0)) holes.push([index, seen.length, last]);
    });
    assert.deepEqual(holes, []);
  }),
];
