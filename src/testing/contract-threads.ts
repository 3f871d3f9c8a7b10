import assert from "node:assert/strict";
import type { Store, ThreadRecord, ThreadSearch } from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import {
  accepted,
  answered,
  type ContractCase,
  end,
  eventFact,
  later,
  newEvent,
  observe,
  pause,
  promise,
  refuses,
  start,
  together,
} from "./contract-support.ts";

function make(store: Store, threadId: string, metadata: JsonObject = {}, owner: string | null = null) {
  return store.threads.create({ threadId, owner, metadata, at: later() });
}

async function search(store: Store, changes: Partial<ThreadSearch> = {}): Promise<ThreadRecord[]> {
  return store.threads.search({ limit: 100, offset: 0, sortBy: "thread_id", sortOrder: "asc", ...changes });
}

const idsOf = (threads: ThreadRecord[]) => threads.map(({ threadId }) => threadId);

const recentCases: readonly ContractCase[] = [
  promise(
    "threads: the last updated come first, and one goes on from a place whatever has become of it",
    async ({ store, other }) => {
      const at = later();
      // Two of an age, which come in the order of their ids.
      for (const threadId of ["a", "c", "b"]) {
        const updated = threadId === "a" ? at : at + 1;
        await store.threads.create({ threadId, owner: null, metadata: {}, at: updated });
      }
      const list = async (query: Partial<Parameters<Store["threads"]["listRecent"]>[0]>) =>
        idsOf(await other.threads.listRecent({ limit: 10, ...query }));
      assert.deepEqual(await list({}), ["c", "b", "a"]);
      assert.deepEqual(await list({ limit: 2 }), ["c", "b"]);
      const before = { threadId: "c", updatedAt: at + 1 };
      assert.deepEqual(await list({ before }), ["b", "a"]);
      await store.threads.patch("c", { now: "newest" }, later());
      assert.deepEqual(await list({ before }), ["b", "a"]);
      await store.threads.delete("c");
      assert.deepEqual(await list({ before, limit: 1 }), ["b"]);
      assert.deepEqual(await list({ before: { threadId: "a", updatedAt: at } }), []);
    },
  ),

  promise("threads: the last updated are filtered as in a search", async ({ store }) => {
    await make(store, "mine", { kind: "x" }, "ana");
    await make(store, "theirs", { kind: "x" }, "ben");
    await make(store, "everybody's", { kind: "x" });
    await make(store, "other", { kind: "y" }, "ana");
    const last = await store.threads.find("everybody's");
    assert.ok(last);
    const query = { owner: "ana", metadata: { kind: "x" }, limit: 10 };
    assert.deepEqual(idsOf(await store.threads.listRecent(query)), ["everybody's", "mine"]);
    assert.deepEqual(idsOf(await store.threads.listRecent({ ...query, before: last })), ["mine"]);
    assert.deepEqual(idsOf(await store.threads.listRecent({ ...query, limit: 1 })), ["everybody's"]);
  }),
];

export const threadCases: readonly ContractCase[] = [
  ...recentCases,
  promise("threads: a new thread is idle and holds what it was made with", async ({ store, other }) => {
    const at = later();
    const metadata = { name: "Zoë", nested: { deep: [1, null, "x"] } };
    const { created } = await store.threads.create({ threadId: "t", owner: "ana", metadata, at });
    assert.equal(created, true);
    assert.deepEqual(await other.threads.find("t"), {
      threadId: "t",
      owner: "ana",
      createdAt: at,
      updatedAt: at,
      stateUpdatedAt: at,
      metadata,
      config: {},
      status: "idle",
      error: null,
      ttlMs: null,
    });
    assert.equal(await store.threads.find("nobody"), undefined);
  }),

  promise("threads: creating one that is there changes nothing and gives that one", async ({ store }) => {
    const first = await make(store, "t", { a: 1 }, "ana");
    const second = await make(store, "t", { a: 2 }, "ben");
    assert.equal(second.created, false);
    assert.deepEqual(second.thread, first.thread);
    assert.deepEqual(await store.threads.find("t"), first.thread);
  }),

  promise("threads: of many who create the same one, exactly one does", async (stores) => {
    const outcomes = await together(stores, 20, (store, index) => make(store, "t", { by: index }));
    assert.equal(outcomes.filter(({ created }) => created).length, 1);
    const [winner] = outcomes.filter(({ created }) => created);
    for (const { thread } of outcomes) assert.deepEqual(thread, winner?.thread);
  }),

  promise("threads: a patch merges shallowly", async ({ store }) => {
    await make(store, "t", { kept: { a: 1 }, replaced: { a: 1 } });
    const at = later();
    const patched = await store.threads.patch("t", { replaced: { b: 2 }, added: null }, at);
    assert.deepEqual(patched?.metadata, { kept: { a: 1 }, replaced: { b: 2 }, added: null });
    assert.equal(patched?.updatedAt, at);
    assert.deepEqual(await store.threads.find("t"), patched);
    assert.equal(await store.threads.patch("nobody", {}, at), undefined);
  }),

  promise("threads: patches at the same time lose nothing of each other", async (stores) => {
    await make(stores.store, "t");
    await together(stores, 20, (store, index) =>
      store.threads.patch("t", { [`key-${index}`]: index }, later()),
    );
    const thread = await stores.store.threads.find("t");
    assert.equal(Object.keys(thread?.metadata ?? {}).length, 20);
  }),

  promise("threads: deleting one takes all that hangs on it, and its id starts anew", async ({ store }) => {
    await make(store, "bystander");
    await pause(store, "t", ["i"], { actor: { id: "ana", verified: true }, idempotencyKey: "k" });
    const { lease } = await startAnswered(store);
    await store.effects.start(lease, {
      key: "e",
      namespace: "",
      idempotent: false,
      about: null,
      at: later(),
    });
    const bytes = Buffer.from("content");
    const checkpoint = { checkpointNs: "", checkpointId: "1", parentId: null, metadata: {}, body: {} };
    await store.runs.record(lease, [
      { type: "checkpoint", checkpoint: { ...checkpoint, contents: [{ hash: "h", bytes }] } },
    ]);
    await store.runs.finish(lease, end({ facts: [eventFact(newEvent("over"))] }));
    assert.equal(await store.threads.delete("t"), true);
    assert.equal(await store.threads.find("t"), undefined);
    assert.equal(await store.threads.delete("t"), false);
    assert.ok(await store.threads.find("bystander"));
    await make(store, "t");
    const { thread, lastSeq, ...rest } = await observe(store, "t");
    assert.equal(thread?.status, "idle");
    assert.equal(lastSeq, 0);
    for (const [what, rows] of Object.entries(rest)) assert.deepEqual(rows, [], `${what} of the old thread`);
    assert.equal((await store.checkpoints.contents("t", ["h"])).size, 0);
    assert.deepEqual(await store.interrupts.find("t", ["i"]), []);
    await accepted(store, "t", { idempotencyKey: "k" });
  }),

  promise("threads: one with an active run is not deleted", async ({ store, other }) => {
    const { lease } = await start(store, "t");
    await refuses(other.threads.delete("t"), "thread_busy");
    await store.runs.finish(lease, end());
    assert.equal(await other.threads.delete("t"), true);
  }),

  promise("threads: a search finds by metadata, key by key, by JSON equality", async ({ store }) => {
    await make(store, "a", { kind: "x", more: { n: 1, m: 2 }, none: null });
    await make(store, "b", { kind: "x", more: { n: 1 } });
    await make(store, "c", { kind: "y", 'odd"key': [1, 2] });
    assert.deepEqual(idsOf(await search(store, { metadata: { kind: "x" } })), ["a", "b"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { more: { n: 1 } } })), ["b"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { more: { m: 2, n: 1 } } })), ["a"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { kind: "x", more: { n: 1 } } })), ["b"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { none: null } })), ["a"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { 'odd"key': [1, 2] } })), ["c"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { 'odd"key': [1] } })), []);
    assert.deepEqual(idsOf(await search(store, { metadata: { absent: null } })), []);
  }),

  promise('threads: a search tells 1, true and "1" apart, and sees what was changed', async ({ store }) => {
    const values = [
      1,
      true,
      "1",
      "true",
      false,
      0,
      1.5,
      -7,
      2 ** 53,
      "é".repeat(150),
      "y".repeat(500),
      '\t"\\',
    ];
    for (const [index, value] of values.entries()) await make(store, `t${index}`, { value });
    for (const [index, value] of values.entries()) {
      assert.deepEqual(idsOf(await search(store, { metadata: { value } })), [`t${index}`], String(value));
      assert.equal(await store.threads.count({ metadata: { value } }), 1);
    }
    await store.threads.patch("t0", { value: "1", other: 3 }, later());
    assert.deepEqual(idsOf(await search(store, { metadata: { value: 1 } })), []);
    assert.deepEqual(idsOf(await search(store, { metadata: { value: "1" } })), ["t0", "t2"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { value: "1", other: 3 } })), ["t0"]);
    await accepted(store, "t2");
    assert.deepEqual(idsOf(await search(store, { metadata: { value: "1", graph_id: "graph" } })), ["t2"]);
    assert.deepEqual(idsOf(await search(store, { metadata: { value: "1" }, owner: "ana", limit: 1 })), [
      "t0",
    ]);
    assert.equal(await store.threads.count({ metadata: { value: "1" }, owner: "ana" }), 2);
    await store.threads.delete("t0");
    assert.deepEqual(idsOf(await search(store, { metadata: { value: "1" } })), ["t2"]);
  }),

  promise("threads: a search finds by status, by ids, and what an owner may see", async ({ store }) => {
    await make(store, "hers", {}, "ana");
    await make(store, "his", {}, "ben");
    await make(store, "nobodys");
    await pause(store, "asking", ["i"]);
    assert.deepEqual(idsOf(await search(store, { status: "interrupted" })), ["asking"]);
    assert.deepEqual(idsOf(await search(store, { ids: ["his", "gone", "hers"] })), ["hers", "his"]);
    assert.deepEqual(idsOf(await search(store, { ids: [] })), []);
    assert.deepEqual(idsOf(await search(store, { owner: "ana" })), ["asking", "hers", "nobodys"]);
    assert.deepEqual(idsOf(await search(store, { owner: "ana", status: "idle" })), ["hers", "nobodys"]);
  }),

  promise("threads: a search sorts by each field, and pages without gaps or repeats", async ({ store }) => {
    const ids = ["B", "a", "C", "é", "b"];
    for (const threadId of ids) await make(store, threadId);
    await store.threads.patch("a", {}, later());
    await pause(store, "C", ["i"]);
    const byId = ["B", "C", "a", "b", "é"];
    assert.deepEqual(idsOf(await search(store, { sortBy: "thread_id" })), byId);
    assert.deepEqual(
      idsOf(await search(store, { sortBy: "thread_id", sortOrder: "desc" })),
      byId.toReversed(),
    );
    assert.deepEqual(idsOf(await search(store, { sortBy: "created_at" })), ids);
    assert.deepEqual(idsOf(await search(store, { sortBy: "updated_at" })), ["B", "é", "b", "a", "C"]);
    assert.deepEqual(idsOf(await search(store, { sortBy: "state_updated_at" })), ["B", "a", "é", "b", "C"]);
    assert.equal(idsOf(await search(store, { sortBy: "status" })).at(-1), "C");
    const pages = [];
    for (let offset = 0; offset < 6; offset += 2) {
      pages.push(...idsOf(await search(store, { sortBy: "status", limit: 2, offset })));
    }
    assert.deepEqual(pages.toSorted(), byId.toSorted());
  }),
];

async function startAnswered(store: Store) {
  const { run } = await answered(store, "t", ["i"], {
    claim: { owner: "w", leaseMs: 60_000, runTimeoutMs: 60_000 },
  });
  return { lease: { threadId: "t", runId: run.runId, attempt: run.attempt } };
}
