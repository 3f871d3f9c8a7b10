import assert from "node:assert/strict";
import type { Fact, NewCheckpoint, NewWrites } from "../core/ports.ts";
import {
  answered,
  type ContractCase,
  claimOf,
  dataOf,
  eventFact,
  interruptFact,
  leaseOf,
  newEvent,
  newInterrupt,
  observe,
  openIds,
  pause,
  promise,
  start,
  together,
} from "./contract-support.ts";

const checkpoint = (checkpointId: string, changes: Partial<NewCheckpoint> = {}): Fact => ({
  type: "checkpoint",
  checkpoint: {
    checkpointNs: "",
    checkpointId,
    parentId: null,
    metadata: { step: 1 },
    body: { channels: {} },
    contents: [],
    ...changes,
  },
});

const writes = (taskId: string, changes: Partial<NewWrites> = {}): Fact => ({
  type: "writes",
  writes: {
    checkpointNs: "",
    checkpointId: "1",
    taskId,
    taskPath: "~p",
    writes: [],
    contents: [],
    ...changes,
  },
});

/** A fact no store can record: its event has no data. */
const impossible = eventFact({ ...newEvent(null), data: null as unknown as string });

/** Text that is hard to keep. */
const hard = 'NUL \u0000, half a pair \ud800, a line\u2028, "quotes", \\, emoji 🖊️, {1,2,NULL}';

const events: readonly ContractCase[] = [
  promise(
    "record: events come back with consecutive seqs, and are read as they were written",
    async (stores) => {
      const { store, other } = stores;
      const { run, lease } = await start(store, "t");
      const first = await store.log.lastSeq("t");
      const given = [
        newEvent(
          { text: hard },
          { runId: run.runId, method: "messages", namespace: ["a:1", "b|c"], node: "n" },
        ),
        newEvent("named", { customName: "plan" }),
        newEvent({ ref: true }, { runId: run.runId, method: "values", isRef: true }),
        newEvent(null, { method: "updates", namespace: [""] }),
      ];
      const recorded = await store.runs.record(lease, given.map(eventFact));
      assert.deepEqual(
        recorded,
        given.map((event, index) => ({ ...event, seq: first + 1 + index })),
      );
      assert.deepEqual(await other.log.read("t", first, 10), recorded);
      assert.equal(await other.log.lastSeq("t"), first + 4);
    },
  ),

  promise("record: what readers of this process are shown is not stored", async ({ store }) => {
    const { lease } = await start(store, "t");
    const [event] = await store.runs.record(lease, [eventFact(newEvent("x", { live: "rendered" }))]);
    assert.equal(event?.live, "rendered");
    const [read] = (await store.log.read("t", 0, 10)).slice(-1);
    assert.equal(read?.live, undefined);
  }),

  promise("record: nothing at all is fine", async ({ store }) => {
    const { lease } = await start(store, "t");
    assert.deepEqual(await store.runs.record(lease, []), []);
  }),

  promise("record: when one fact fails, none is recorded", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    const before = await observe(store, "t");
    const facts = [
      eventFact(newEvent("first")),
      checkpoint("1", { contents: [{ hash: "h", bytes: Buffer.from("x") }] }),
      interruptFact(newInterrupt("i"), run.runId),
    ];
    await assert.rejects(store.runs.record(lease, [...facts, impossible]));
    await assert.rejects(store.runs.record(lease, [eventFact(newEvent("first")), impossible]));
    assert.deepEqual(await observe(store, "t"), before);
    assert.equal((await store.checkpoints.contents("t", ["h"])).size, 0);
    const [event] = await store.runs.record(lease, facts);
    assert.equal(event?.seq, before.lastSeq + 1);
  }),

  promise("record: many at once share no seq and leave none out", async (stores) => {
    const { lease } = await start(stores.store, "t");
    const first = await stores.store.log.lastSeq("t");
    const batches = await together(stores, 20, (store, index) => {
      const facts = [0, 1, 2].map((place) => eventFact(newEvent([index, place])));
      return store.runs.record(lease, index % 3 === 0 ? [...facts, checkpoint(String(index))] : facts);
    });
    const seqs = batches.flat().map(({ seq }) => seq);
    assert.deepEqual(
      seqs.toSorted((a, b) => a - b),
      Array.from({ length: 60 }, (_, index) => first + 1 + index),
    );
    for (const batch of batches) assert.equal(batch.at(-1)?.seq, (batch[0]?.seq ?? 0) + 2);
    const log = await stores.other.log.read("t", first, 100);
    assert.deepEqual(
      log.map(({ seq, data }) => [seq, data]),
      batches
        .flat()
        .toSorted((a, b) => a.seq - b.seq)
        .map(({ seq, data }) => [seq, data]),
    );
  }),

  promise("record: a batch of thousands is one batch", async ({ store }) => {
    const { lease } = await start(store, "t");
    const facts = Array.from({ length: 5_000 }, (_, index) => eventFact(newEvent(index)));
    assert.equal((await store.runs.record(lease, facts)).length, 5_000);
    assert.equal((await store.log.read("t", 1, 10_000)).length, 5_000);
  }),
];

const questions: readonly ContractCase[] = [
  promise(
    "record: a question is opened with its event, and holds what was asked",
    async ({ store, other }) => {
      const createThread = { owner: "ana", metadata: {} };
      const { run, lease } = await start(store, "t", { createThread });
      const interrupt = newInterrupt("i", {
        namespace: ["a:1", "b:2"],
        value: { text: hard, n: 1.5 },
        responseSchema: { type: "object" },
        digest: "d".repeat(64),
        assignees: ["ben", 'a "role"', "{x}"],
        expiresAt: 1_800_000_000_000,
        onExpiry: { type: "answer", value: { type: "cancel" } },
      });
      const recorded = await store.runs.record(lease, [interruptFact(interrupt, run.runId)]);
      assert.deepEqual(dataOf(recorded), [{ asked: "i" }]);
      const [row] = await other.interrupts.listOpen(["t"]);
      assert.ok(row);
      const { number, openedAt, ...rest } = row;
      assert.ok(number > 0);
      assert.ok(openedAt > 1_600_000_000_000);
      assert.deepEqual(rest, {
        ...interrupt,
        engineId: "i",
        threadId: "t",
        owner: "ana",
        runId: run.runId,
        graphId: "graph",
        status: "open",
        answer: null,
      });
      assert.deepEqual(await other.interrupts.find("t", ["i"]), [row]);
    },
  ),

  promise("record: a question about an effect says which", async ({ store }) => {
    await pause(store, "t", [newInterrupt("i", { source: "effect", effectKey: "e" })]);
    const [row] = await store.interrupts.listOpen(["t"]);
    assert.deepEqual([row?.source, row?.effectKey], ["effect", "e"]);
  }),

  promise("record: the same question asked again stays, and is not told again", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    const value = { b: 1, a: [1, { d: 2, c: 3 }] };
    await store.runs.record(lease, [interruptFact(newInterrupt("i", { value }), run.runId)]);
    const [first] = await store.interrupts.listOpen(["t"]);
    const same = newInterrupt("i", { value: { a: [1, { c: 3, d: 2 }], b: 1 } });
    assert.deepEqual(await store.runs.record(lease, [interruptFact(same, run.runId)]), []);
    assert.deepEqual(await store.interrupts.listOpen(["t"]), [first]);
  }),

  promise("record: another question under the same id takes its place", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    await store.runs.record(lease, [interruptFact(newInterrupt("i", { value: 1 }), run.runId)]);
    const [first] = await store.interrupts.listOpen(["t"]);
    const told = await store.runs.record(lease, [interruptFact(newInterrupt("i", { value: 2 }), run.runId)]);
    assert.equal(told.length, 1);
    const open = await store.interrupts.listOpen(["t"]);
    assert.deepEqual(
      open.map(({ value }) => value),
      [2],
    );
    assert.ok((open[0]?.number ?? 0) > (first?.number ?? 0));
  }),

  promise("record: a question whose answer is on its way is not asked again", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const first = await answered(store, "t", ["i"], { claim: claimOf() });
    const second = await answered(store, "t", ["j"]);
    assert.deepEqual([first.started, second.started], [true, false]);
    const [row] = await store.interrupts.find("t", ["j"]);
    const again = newInterrupt("j", { value: row?.value ?? null });
    assert.deepEqual(await store.runs.record(leaseOf(first.run), [interruptFact(again)]), []);
    assert.deepEqual(await openIds(store, "t"), []);
    assert.deepEqual(await store.interrupts.find("t", ["j"]), [row]);
  }),

  promise("record: a question asked again after its answer is a new one", async ({ store }) => {
    await pause(store, "t", ["i"]);
    const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
    const told = await store.runs.record(leaseOf(run), [interruptFact(newInterrupt("i"), run.runId)]);
    assert.equal(told.length, 1);
    assert.deepEqual(await openIds(store, "t"), ["i"]);
    const [row] = await store.interrupts.find("t", ["i"]);
    assert.deepEqual([row?.status, row?.runId], ["open", run.runId]);
    assert.equal((await store.interrupts.listAnswered("t")).length, 1);
  }),
];

const states: readonly ContractCase[] = [
  promise("record: checkpoints, writes and contents come back as they were", async ({ store, other }) => {
    const { run, lease } = await start(store, "t");
    const bytes = Buffer.from([0, 255, 92, 39, 0, 10]);
    const metadata = { source: "loop", step: -1, text: hard };
    const body = { v: 4, channels: { a: "h" }, text: hard };
    const task = { taskPath: "~__pregel_pull, a", writes: [{ index: 0, channel: "a", hash: "h" }] };
    await store.runs.record(lease, [
      checkpoint("1", {
        checkpointNs: "ns|x",
        parentId: "0",
        metadata,
        body,
        contents: [{ hash: "h", bytes }],
      }),
      writes("task", {
        checkpointNs: "ns|x",
        ...task,
        contents: [{ hash: "empty", bytes: Buffer.alloc(0) }],
      }),
    ]);
    assert.deepEqual(await other.checkpoints.find("t", "ns|x", "1"), {
      threadId: "t",
      checkpointNs: "ns|x",
      checkpointId: "1",
      parentId: "0",
      runId: run.runId,
      metadata,
      body,
    });
    const written = { taskId: "task", taskPath: "~__pregel_pull, a", index: 0, channel: "a", hash: "h" };
    assert.deepEqual(await other.checkpoints.writes("t", "ns|x", "1"), [written]);
    const contents = await other.checkpoints.contents("t", ["h", "empty", "missing"]);
    assert.deepEqual([...contents.keys()].toSorted(), ["empty", "h"]);
    assert.deepEqual([...(contents.get("h") ?? [])], [...bytes]);
    assert.equal(contents.get("empty")?.length, 0);
  }),

  promise(
    "record: a content that is there already stays, also among many and large ones",
    async ({ store }) => {
      const { lease } = await start(store, "t");
      const bytes = Buffer.alloc(100_000, 7);
      const twice = [
        { hash: "h", bytes },
        { hash: "h", bytes },
      ];
      await store.runs.record(lease, [
        checkpoint("1", { contents: twice }),
        checkpoint("2", { contents: twice }),
      ]);
      const more = [...twice, { hash: "new", bytes: Buffer.from("new") }];
      await store.runs.record(lease, [writes("task", { contents: more })]);
      const contents = await store.checkpoints.contents("t", ["h", "new"]);
      assert.equal(contents.get("h")?.length, 100_000);
      assert.equal(Buffer.from(contents.get("new") ?? []).toString(), "new");
    },
  ),

  promise(
    "record: a task's write stays as it was first, but on special channels the last counts",
    async (stores) => {
      const { store } = stores;
      const { lease } = await start(store, "t");
      const both = (hash: string) => [
        { index: 0, channel: "a", hash },
        { index: -3, channel: "__interrupt__", hash },
      ];
      await store.runs.record(lease, [writes("task", { writes: both("first") })]);
      await store.runs.record(lease, [
        writes("task", { writes: both("second") }),
        writes("other", { writes: [] }),
      ]);
      const found = await store.checkpoints.writes("t", "", "1");
      assert.deepEqual(Object.fromEntries(found.map(({ index, hash }) => [index, hash])), {
        0: "first",
        [-3]: "second",
      });
    },
  ),

  promise("record: a checkpoint saved again is replaced", async ({ store }) => {
    const { lease } = await start(store, "t");
    await store.runs.record(lease, [checkpoint("1", { body: { n: 1 } })]);
    await store.runs.record(lease, [checkpoint("1", { body: { n: 2 }, parentId: "0" })]);
    const found = await store.checkpoints.list("t", {});
    assert.deepEqual(
      found.map(({ body, parentId }) => [body, parentId]),
      [[{ n: 2 }, "0"]],
    );
  }),
];

export const factCases: readonly ContractCase[] = [...events, ...questions, ...states];
