import assert from "node:assert/strict";
import type { Fact, NewCheckpoint, Store } from "../core/ports.ts";
import {
  accepted,
  type ContractCase,
  claimOf,
  dataOf,
  end,
  eventFact,
  later,
  newEvent,
  observe,
  pause,
  promise,
  refuses,
  start,
  statusOf,
} from "./contract-support.ts";

const make = (store: Store, threadId = "t") =>
  store.threads.create({ threadId, owner: null, metadata: {}, at: later() });

const checkpoint = (checkpointId: string, changes: Partial<NewCheckpoint> = {}): Fact => ({
  type: "checkpoint",
  checkpoint: {
    checkpointNs: "",
    checkpointId,
    parentId: null,
    metadata: {},
    body: {},
    contents: [{ hash: `h${checkpointId}`, bytes: Buffer.from(checkpointId) }],
    ...changes,
  },
});

const writes = (checkpointId: string, hash: string): Fact => ({
  type: "writes",
  writes: {
    checkpointNs: "",
    checkpointId,
    taskId: "task",
    taskPath: "",
    writes: [{ index: 0, channel: "c", hash }],
    contents: [{ hash, bytes: Buffer.from(hash) }],
  },
});

const idsOf = (found: { checkpointNs: string; checkpointId: string }[]) =>
  found.map(({ checkpointNs, checkpointId }) => checkpointNs + checkpointId);

/** Checkpoints 1, 3 and B of the root and a2 of `ns/`, with the writes of 1 and B. */
async function fill(store: Store, threadId = "t"): Promise<void> {
  await make(store, threadId);
  const facts = [
    checkpoint("1"),
    checkpoint("3", { parentId: "1" }),
    checkpoint("B", { parentId: "3" }),
    checkpoint("a2", { checkpointNs: "ns/" }),
    writes("1", "w1"),
    writes("B", "wB"),
  ];
  await store.checkpoints.record(threadId, facts, later());
}

const reading: readonly ContractCase[] = [
  promise("checkpoints: the newest of a namespace, or the one named", async ({ store, other }) => {
    await fill(store);
    assert.equal((await other.checkpoints.find("t", ""))?.checkpointId, "B");
    assert.equal((await other.checkpoints.find("t", "", "3"))?.parentId, "1");
    assert.equal((await other.checkpoints.find("t", "ns/"))?.checkpointId, "a2");
    assert.equal(await other.checkpoints.find("t", "ns/", "1"), undefined);
    assert.equal(await other.checkpoints.find("t", "other"), undefined);
    assert.equal(await other.checkpoints.find("nobody", ""), undefined);
  }),

  promise("checkpoints: listed newest first, by namespace, before one, so many", async ({ store }) => {
    await fill(store);
    const list = async (filter: Parameters<typeof store.checkpoints.list>[1]) =>
      idsOf(await store.checkpoints.list("t", filter));
    assert.deepEqual(await list({}), ["ns/a2", "B", "3", "1"]);
    assert.deepEqual(await list({ checkpointNs: "" }), ["B", "3", "1"]);
    assert.deepEqual(await list({ checkpointNs: "", before: "B" }), ["3", "1"]);
    assert.deepEqual(await list({ before: "a2", limit: 2 }), ["B", "3"]);
    assert.deepEqual(await list({ limit: 0 }), []);
    assert.deepEqual(await store.checkpoints.list("nobody", {}), []);
  }),

  promise("checkpoints: the newest is the one recorded last, whatever the clock said", async ({ store }) => {
    await fill(store);
    await store.checkpoints.record("t", [checkpoint("0", { parentId: "B" })], later());
    assert.equal((await store.checkpoints.find("t", ""))?.checkpointId, "0");
    const root = { checkpointNs: "" };
    assert.deepEqual(idsOf(await store.checkpoints.list("t", root)), ["0", "B", "3", "1"]);
    assert.deepEqual(idsOf(await store.checkpoints.list("t", { ...root, before: "0" })), ["B", "3", "1"]);
    // Recorded again it stays where it was.
    await store.checkpoints.record("t", [checkpoint("3", { parentId: "1" })], later());
    assert.equal((await store.checkpoints.find("t", ""))?.checkpointId, "0");
  }),

  promise("checkpoints: writes are those of one checkpoint", async ({ store }) => {
    await fill(store);
    const found = await store.checkpoints.writes("t", "", "1");
    assert.deepEqual(found, [{ taskId: "task", taskPath: "", index: 0, channel: "c", hash: "w1" }]);
    assert.deepEqual(await store.checkpoints.writes("t", "ns/", "1"), []);
    assert.deepEqual(await store.checkpoints.writes("t", "", "3"), []);
  }),

  promise("checkpoints: contents belong to their thread", async ({ store }) => {
    await fill(store);
    await make(store, "u");
    assert.deepEqual([...(await store.checkpoints.contents("t", ["h1", "hB", "none"])).keys()].toSorted(), [
      "h1",
      "hB",
    ]);
    assert.equal((await store.checkpoints.contents("u", ["h1"])).size, 0);
    assert.equal((await store.checkpoints.contents("t", [])).size, 0);
  }),
];

const writing: readonly ContractCase[] = [
  promise("checkpoints: recorded outside a run, with their events", async ({ store, other }) => {
    await make(store);
    const at = later();
    const facts = [checkpoint("1"), eventFact(newEvent("state"))];
    const events = await store.checkpoints.record("t", facts, at);
    assert.deepEqual(dataOf(events), ["state"]);
    assert.equal((await other.checkpoints.find("t", "", "1"))?.runId, null);
    assert.deepEqual(dataOf(await other.log.read("t", 0, 10)), ["state"]);
    assert.equal((await other.threads.find("t"))?.stateUpdatedAt, at);
  }),

  promise("checkpoints: not recorded while a run is active, nor on no thread", async ({ store, other }) => {
    const { lease } = await start(store, "t");
    const before = await observe(store, "t");
    await refuses(other.checkpoints.record("t", [checkpoint("1")], later()), "state_busy");
    await refuses(other.checkpoints.record("nobody", [checkpoint("1")], later()), "no_such_thread");
    assert.deepEqual(await observe(store, "t"), before);
    await store.runs.finish(lease, end());
    await other.checkpoints.record("t", [checkpoint("1")], later());
  }),

  promise(
    "checkpoints: a change of state leaves open questions and their thread's status",
    async ({ store }) => {
      await pause(store, "t", ["i"]);
      await store.checkpoints.record("t", [checkpoint("1")], later());
      assert.equal(await statusOf(store, "t"), "interrupted");
    },
  ),

  promise("checkpoints: against a run that starts, either comes first", async ({ store, other }) => {
    for (let round = 0; round < 10; round += 1) {
      const threadId = `t${round}`;
      await make(store, threadId);
      const [recorded, { events }] = await Promise.all([
        store.checkpoints.record(threadId, [checkpoint("1"), eventFact(newEvent("state"))], later()).then(
          (told) => told,
          () => undefined,
        ),
        accepted(other, threadId, { claim: claimOf() }),
      ]);
      if (recorded)
        assert.ok((recorded[0]?.seq ?? 0) < (events[0]?.seq ?? 0), "the state changed under a run");
    }
  }),

  promise("checkpoints: deleting them leaves the log, the runs and the questions", async ({ store }) => {
    await fill(store, "u");
    await fill(store, "t");
    await pause(store, "t", ["i"]);
    const { thread: _, checkpoints: __, ...before } = await observe(store, "t");
    await store.checkpoints.delete("t");
    await store.checkpoints.delete("nobody");
    const { thread, checkpoints, ...after } = await observe(store, "t");
    assert.deepEqual(after, before);
    assert.ok(thread);
    assert.deepEqual(checkpoints, []);
    assert.deepEqual(await store.checkpoints.writes("t", "", "1"), []);
    assert.equal((await store.checkpoints.contents("t", ["h1", "w1"])).size, 0);
    assert.equal((await store.checkpoints.list("u", {})).length, 4);
    assert.equal((await store.checkpoints.contents("u", ["h1", "w1"])).size, 2);
  }),
];

const keepB = { newest: "B", checkpoints: [{ checkpointNs: "", checkpointId: "B" }], hashes: ["hB", "wB"] };

const pruning: readonly ContractCase[] = [
  promise("prune: deletes all but what is kept, and says how much", async ({ store, other }) => {
    await fill(store, "u");
    await fill(store, "t");
    assert.deepEqual(await store.checkpoints.prune("t", keepB), { checkpoints: 3, contents: 4 });
    assert.deepEqual(idsOf(await other.checkpoints.list("t", {})), ["B"]);
    assert.equal((await other.checkpoints.writes("t", "", "B")).length, 1);
    assert.deepEqual(await other.checkpoints.writes("t", "", "1"), []);
    const left = await other.checkpoints.contents("t", ["h1", "h3", "ha2", "hB", "w1", "wB"]);
    assert.deepEqual([...left.keys()].toSorted(), ["hB", "wB"]);
    assert.equal((await other.checkpoints.list("u", {})).length, 4);
    assert.deepEqual(await store.checkpoints.prune("t", keepB), { checkpoints: 0, contents: 0 });
  }),

  promise("prune: keeps one id in one namespace only", async ({ store }) => {
    await fill(store);
    const facts = [checkpoint("B", { checkpointNs: "ns/" })];
    await store.checkpoints.record("t", facts, later());
    await store.checkpoints.prune("t", keepB);
    assert.deepEqual(idsOf(await store.checkpoints.list("t", {})), ["B"]);
  }),

  promise(
    "prune: refused while a run is active, and when the state has moved on",
    async ({ store, other }) => {
      await fill(store);
      await refuses(other.checkpoints.prune("t", { ...keepB, newest: "3" }), "state_busy");
      const { lease } = await start(store, "t");
      await refuses(other.checkpoints.prune("t", keepB), "state_busy");
      assert.equal((await store.checkpoints.list("t", {})).length, 4);
      assert.equal((await store.checkpoints.contents("t", ["h1", "h3"])).size, 2);
      await store.runs.finish(lease, end({ facts: [checkpoint("C")] }));
      await refuses(other.checkpoints.prune("t", keepB), "state_busy");
    },
  ),
];

export const checkpointCases: readonly ContractCase[] = [...reading, ...writing, ...pruning];
