import assert from "node:assert/strict";
import type { CopyThread, Store } from "../core/ports.ts";
import {
  accepted,
  answer,
  answered,
  type ContractCase,
  claimOf,
  dataOf,
  end,
  later,
  leaseOf,
  newEvent,
  newInterrupt,
  newRun,
  openIds,
  pause,
  promise,
  refuses,
  start,
  statusOf,
} from "./contract-support.ts";

function copyOf(changes: Partial<CopyThread> = {}): CopyThread {
  return {
    threadId: "copy",
    owner: "ben",
    metadata: { copied: true },
    at: later(),
    run: newRun({ graphId: "copies" }),
    events: [newEvent("state", { method: "values" })],
    requested: ({ interruptId }) => newEvent({ asked: interruptId }, { method: "input.requested" }),
    ...changes,
  };
}

const checkpoint = (checkpointId: string, hash: string) => ({
  type: "checkpoint" as const,
  checkpoint: {
    checkpointNs: "",
    checkpointId,
    parentId: null,
    metadata: { step: 1 },
    body: { channels: { a: hash } },
    contents: [{ hash, bytes: Buffer.from(hash) }],
  },
});

async function stateOf(store: Store, threadId: string) {
  const checkpoints = await store.checkpoints.list(threadId, {});
  return {
    checkpoints: checkpoints.map(({ threadId: _, runId: __, ...rest }) => rest),
    writes: await store.checkpoints.writes(threadId, "", "1"),
    contents: [...(await store.checkpoints.contents(threadId, ["h1", "h2", "w"]))]
      .map(([hash]) => hash)
      .sort(),
  };
}

export const copyCases: readonly ContractCase[] = [
  promise("copies: a copy has the state of the thread, and nothing of its past", async ({ store, other }) => {
    const { lease } = await start(store, "t", { createThread: { owner: "ana", metadata: { secret: 1 } } });
    await store.runs.record(lease, [checkpoint("1", "h1"), checkpoint("2", "h2")]);
    const write = { index: 0, channel: "a", hash: "w" };
    await store.runs.record(lease, [
      {
        type: "writes",
        writes: {
          checkpointNs: "",
          checkpointId: "1",
          taskId: "task",
          taskPath: "p",
          writes: [write],
          contents: [{ hash: "w", bytes: Buffer.from("w") }],
        },
      },
    ]);
    await store.runs.finish(lease, end());
    const copy = copyOf();
    const made = await other.threads.copy("t", copy);
    assert.deepEqual(dataOf(made?.events ?? []), ["state"]);
    const thread = await store.threads.find("copy");
    assert.deepEqual(made?.thread, thread);
    assert.deepEqual([thread?.owner, thread?.metadata, thread?.status], ["ben", { copied: true }, "idle"]);
    assert.deepEqual(await stateOf(store, "copy"), await stateOf(store, "t"));
    assert.equal((await store.checkpoints.find("copy", ""))?.checkpointId, "2");
    assert.deepEqual(await store.runs.list("copy", { limit: 10, offset: 0 }), []);
    assert.deepEqual(dataOf(await store.log.read("copy", 0, 10)), ["state"]);
    await store.threads.delete("t");
    assert.equal((await stateOf(store, "copy")).checkpoints.length, 2);
    assert.equal(await store.threads.copy("nobody", copyOf({ threadId: "more" })), undefined);
  }),

  promise("copies: a question is open on both, and each is answered for itself", async ({ store, other }) => {
    await pause(store, "t", [newInterrupt("i", { assignees: ["ana"] })]);
    const made = await other.threads.copy("t", copyOf());
    assert.equal(made?.thread.status, "interrupted");
    assert.deepEqual(dataOf(made?.events ?? []), ["state", { asked: "i" }]);
    const [question] = await store.interrupts.listOpen(["copy"]);
    assert.deepEqual([question?.interruptId, question?.owner, question?.assignees], ["i", "ben", ["ana"]]);
    const inbox = await store.interrupts.inbox({ assignees: ["ana"], limit: 10 });
    assert.deepEqual(
      inbox.map(({ threadId }) => threadId),
      ["copy", "t"],
    );
    await answered(store, "t", ["i"]);
    assert.deepEqual(await openIds(store, "copy"), ["i"]);
    await store.threads.delete("t");
    const outcome = await answer(store, "copy", ["i"]);
    assert.equal(outcome.type, "accepted");
    assert.deepEqual(await store.interrupts.listAnswered("nobody"), []);
  }),

  promise("copies: what an effect came to is known to the copy", async ({ store }) => {
    const { lease } = await start(store, "t");
    const effect = { key: "e", namespace: "", idempotent: false, about: null };
    await store.effects.start(lease, { ...effect, at: later() });
    await refuses(store.threads.copy("t", copyOf()), "state_busy");
    await store.effects.end(lease, "e", { status: "finished", result: "sent", at: later() });
    await store.runs.finish(lease, end());
    await store.threads.copy("t", copyOf());
    const { run } = await accepted(store, "copy", {
      claim: claimOf(),
      createThread: { owner: "ben", metadata: {} },
    });
    const known = await store.effects.start(leaseOf(run), { ...effect, at: later() });
    assert.deepEqual([known?.status, known?.result], ["finished", "sent"]);
  }),

  promise("copies: refused in the middle of a run, and while an answer is on its way", async ({ store }) => {
    await pause(store, "t", ["i"]);
    await answered(store, "t", ["i"]);
    await refuses(store.threads.copy("t", copyOf()), "state_busy");
    assert.equal(await statusOf(store, "copy"), undefined);
  }),

  promise(
    "threads: one that has not been used for its time to live expires, and is deleted only then",
    async ({ store, other }) => {
      const at = later();
      await store.threads.create({ threadId: "t", owner: null, metadata: {}, ttlMs: 1_000, at });
      await store.threads.create({ threadId: "stays", owner: null, metadata: {}, at });
      assert.equal((await other.threads.find("t"))?.ttlMs, 1_000);
      assert.deepEqual(await store.threads.listExpired(at + 999, 10), []);
      assert.deepEqual(await store.threads.listExpired(at + 1_000, 10), ["t"]);
      await store.threads.patch("t", { used: true }, at + 500);
      assert.deepEqual(await store.threads.listExpired(at + 1_000, 10), []);
      assert.equal(await other.threads.delete("t", at + 1_000), false);
      assert.equal((await store.threads.patch("t", {}, at + 500, 5_000))?.ttlMs, 5_000);
      assert.equal(await other.threads.delete("t", at + 1_500), false);
      const { run } = await accepted(store, "t");
      const late = run.createdAt + 1e9;
      assert.deepEqual(await store.threads.listExpired(late, 10), []);
      assert.equal(await store.threads.delete("t", late), false);
      const request = { action: "interrupt", at: later(), requested: () => newEvent("") } as const;
      await store.runs.requestCancel("t", undefined, request);
      assert.deepEqual(await store.threads.listExpired(late, 10), ["t"]);
      assert.equal((await store.threads.patch("t", {}, at, null))?.ttlMs, null);
      assert.equal(await store.threads.delete("t", late), false);
      await store.threads.patch("t", {}, at, 1);
      assert.equal(await other.threads.delete("t", late), true);
      assert.equal(await store.threads.find("t"), undefined);
    },
  ),

  promise("threads: a count is how many a search without limit would find", async ({ store }) => {
    for (const [threadId, owner] of [
      ["a", "ana"],
      ["b", "ben"],
      ["c", null],
    ] as const) {
      await store.threads.create({
        threadId,
        owner,
        metadata: { kind: threadId === "a" ? 1 : 2 },
        at: later(),
      });
    }
    await pause(store, "asking", ["i"]);
    assert.equal(await store.threads.count({}), 4);
    assert.equal(await store.threads.count({ owner: "ana" }), 3);
    assert.equal(await store.threads.count({ metadata: { kind: 2 }, status: "idle" }), 2);
    assert.equal(await store.threads.count({ ids: ["a", "none"] }), 1);
  }),

  promise(
    "checkpoints: the newest one's metadata can be added to, and no other's",
    async ({ store, other }) => {
      const { lease } = await start(store, "t");
      await store.runs.record(lease, [checkpoint("1", "h1"), checkpoint("2", "h2")]);
      await refuses(other.checkpoints.patchNewest("t", { note: "x" }), "state_busy");
      await store.runs.finish(lease, end());
      assert.equal(await other.checkpoints.patchNewest("t", { note: "x" }), true);
      const [second, first] = await store.checkpoints.list("t", {});
      assert.deepEqual([second?.metadata, first?.metadata], [{ step: 1, note: "x" }, { step: 1 }]);
      await store.threads.create({ threadId: "new", owner: null, metadata: {}, at: later() });
      assert.equal(await store.checkpoints.patchNewest("new", {}), false);
    },
  ),
];
