import assert from "node:assert/strict";
import {
  accept,
  accepted,
  ana,
  answered,
  ben,
  type ContractCase,
  claimOf,
  claimRun,
  dataOf,
  end,
  later,
  newEvent,
  newRun,
  observe,
  openIds,
  pause,
  promise,
  refuses,
  runStatus,
  start,
  statusOf,
  together,
} from "./contract-support.ts";

const creation: readonly ContractCase[] = [
  promise("accept: the run is recorded, and its thread is made with it", async ({ store, other }) => {
    const run = newRun({
      kwargs: { input: { n: 1 }, config: { tags: ["x"] } },
      metadata: { from: "test" },
      multitaskStrategy: "enqueue",
      graphVersion: "v7",
    });
    const createThread = { owner: "ana", metadata: { topic: "y", nothing: null } };
    const outcome = await accepted(store, "t", { run, createThread });
    const recorded = { ...run, threadId: "t", status: "pending", attempt: 0, updatedAt: run.createdAt };
    assert.deepEqual(outcome.run, { ...recorded, startedAt: null, cancelRequested: null, error: null });
    assert.deepEqual(await other.runs.find("t", run.runId), outcome.run);
    assert.deepEqual([outcome.started, outcome.seq, outcome.events, outcome.cancelled], [false, 0, [], []]);
    const thread = await other.threads.find("t");
    assert.equal(thread?.owner, "ana");
    assert.equal(thread?.status, "busy");
    assert.deepEqual(thread?.config, { tags: ["x"] });
    assert.deepEqual(thread?.metadata, {
      topic: "y",
      nothing: null,
      graph_id: "graph",
      assistant_id: "assistant",
    });
  }),

  promise("accept: with a claim and a free thread, the run starts at once", async ({ store }) => {
    const { run, started, seq, events } = await accepted(store, "t", { claim: claimOf() });
    assert.equal(started, true);
    assert.deepEqual([run.status, run.attempt], ["running", 1]);
    assert.deepEqual(dataOf(events), [{ running: run.runId }]);
    assert.equal(events[0]?.seq, seq);
    assert.deepEqual(dataOf(await store.log.read("t", 0, 10)), [{ running: run.runId }]);
    assert.equal(await claimRun(store, { owner: "worker-2" }), undefined);
  }),

  promise("accept: a thread that is not there is refused unless it may be made", async ({ store }) => {
    const { createThread: _, ...command } = { createThread: undefined };
    const run = newRun();
    const wanted = { threadId: "t", run, actor: ana, whenOpen: "refuse", whenBusy: "enqueue" } as const;
    const running = newEvent("running");
    const tells = { running, requested: () => running, superseded: () => running };
    await refuses(store.runs.accept({ ...wanted, ...command, ...tells }), "no_such_thread");
    assert.equal(await store.threads.find("t"), undefined);
    assert.equal(await store.runs.find("t", run.runId), undefined);
  }),

  promise("accept: a thread that somebody else owns is as good as none", async ({ store }) => {
    await store.threads.create({ threadId: "t", owner: "ben", metadata: {}, at: later() });
    const before = await observe(store, "t");
    await refuses(accept(store, "t", { createThread: { owner: "ana", metadata: {} } }), "no_such_thread");
    assert.deepEqual(await observe(store, "t"), before);
    await accepted(store, "t", { createThread: { owner: "ben", metadata: {} } });
  }),

  promise(
    "accept: of many who make the thread with their run, all are accepted and one starts",
    async (stores) => {
      const outcomes = await together(stores, 12, (store) => accepted(store, "t", { claim: claimOf() }));
      assert.equal(outcomes.filter(({ started }) => started).length, 1);
      assert.equal(
        (await stores.store.runs.list("t", { status: "pending", limit: 50, offset: 0 })).length,
        11,
      );
    },
  ),
];

const busy: readonly ContractCase[] = [
  promise("accept: reject refuses while a run is active or waits", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    const before = await observe(store, "t");
    assert.deepEqual(await accept(store, "t", { whenBusy: "reject" }), { type: "busy", runId: run.runId });
    assert.deepEqual(await observe(store, "t"), before);
    const queued = await accepted(store, "t");
    await store.runs.finish(lease, end());
    const outcome = await accept(store, "t", { whenBusy: "reject" });
    assert.deepEqual(outcome, { type: "busy", runId: queued.run.runId });
  }),

  promise("accept: of many with reject at once, exactly one gets through", async (stores) => {
    await stores.store.threads.create({ threadId: "t", owner: null, metadata: {}, at: later() });
    const outcomes = await together(stores, 20, (store) =>
      accept(store, "t", { whenBusy: "reject", claim: claimOf() }),
    );
    const through = outcomes.filter(({ type }) => type === "accepted");
    assert.equal(through.length, 1);
    const [first] = through;
    const runId = first?.type === "accepted" ? first.run.runId : "";
    for (const outcome of outcomes) {
      if (outcome.type !== "accepted") assert.deepEqual(outcome, { type: "busy", runId });
    }
  }),

  promise("accept: enqueue waits behind the active run, also with a claim", async ({ store }) => {
    await start(store, "t");
    const { started, run, cancelled } = await accepted(store, "t", { claim: claimOf() });
    assert.deepEqual([started, run.status, cancelled], [false, "pending", []]);
  }),

  promise("accept: interrupt ends what waits and asks the active run to stop", async ({ store }) => {
    const { run: active } = await start(store, "t");
    const { run: waiting } = await accepted(store, "t");
    const { started, cancelled } = await accepted(store, "t", { whenBusy: "interrupt", claim: claimOf() });
    assert.equal(started, false);
    assert.deepEqual(cancelled.toSorted(), [active.runId, waiting.runId].toSorted());
    assert.equal(await runStatus(store, waiting), "interrupted");
    const asked = await store.runs.find("t", active.runId);
    assert.deepEqual([asked?.status, asked?.cancelRequested], ["running", "interrupt"]);
  }),

  promise("accept: rollback asks the active run to roll back", async ({ store }) => {
    const { run } = await start(store, "t");
    await accepted(store, "t", { whenBusy: "rollback" });
    assert.equal((await store.runs.find("t", run.runId))?.cancelRequested, "rollback");
  }),

  promise("accept: when only waiting runs are displaced, the new one starts at once", async ({ store }) => {
    const { run } = await accepted(store, "t");
    const outcome = await accepted(store, "t", { whenBusy: "interrupt", claim: claimOf() });
    assert.deepEqual([outcome.started, outcome.cancelled], [true, [run.runId]]);
  }),

  promise("accept: a displaced answer is open again and asked again", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const { run: resume } = await answered(store, "t", ["i", "j"]);
    const outcome = await accepted(store, "t", { whenBusy: "interrupt", whenOpen: "wait" });
    assert.equal(await runStatus(store, resume), "interrupted");
    assert.deepEqual(await openIds(store, "t"), ["i", "j"]);
    assert.deepEqual(dataOf(outcome.events), [{ askedAgain: "i" }, { askedAgain: "j" }]);
    assert.equal(outcome.seq, await store.log.lastSeq("t"));
    const rows = await store.interrupts.find("t", ["i"]);
    assert.deepEqual([rows[0]?.status, rows[0]?.answer], ["open", null]);
  }),
];

const open: readonly ContractCase[] = [
  promise("accept: with refuse, open questions refuse the run by their ids", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const before = await observe(store, "t");
    const outcome = await accept(store, "t", { claim: claimOf() });
    assert.deepEqual(outcome, { type: "open", interruptIds: ["i", "j"] });
    assert.deepEqual(await observe(store, "t"), before);
  }),

  promise("accept: with wait, the run waits behind open questions, also with a claim", async ({ store }) => {
    await pause(store, "t", ["i"]);
    const outcome = await accepted(store, "t", { whenOpen: "wait", claim: claimOf() });
    assert.equal(outcome.started, false);
    assert.deepEqual(await openIds(store, "t"), ["i"]);
    assert.equal(await statusOf(store, "t"), "interrupted");
    assert.equal(await claimRun(store), undefined);
  }),

  promise(
    "accept: with supersede, open questions are put away by name and the run starts",
    async ({ store }) => {
      await pause(store, "t", ["i", "j"]);
      const { run, started, events } = await accepted(store, "t", {
        whenOpen: "supersede",
        claim: claimOf(),
      });
      assert.equal(started, true);
      assert.deepEqual(dataOf(events), [{ superseded: ["i", "j"] }, { running: run.runId }]);
      assert.deepEqual(await openIds(store, "t"), []);
      const rows = await store.interrupts.find("t", ["i", "j"]);
      assert.deepEqual(
        rows.map(({ status }) => status),
        ["superseded", "superseded"],
      );
    },
  ),
];

const repeats: readonly ContractCase[] = [
  promise(
    "accept: the same key of the same actor is the same run, and writes nothing",
    async ({ store, other }) => {
      const { run, seq } = await accepted(store, "t", { idempotencyKey: "k", claim: claimOf() });
      const before = await observe(store, "t");
      const repeat = await accept(other, "t", { idempotencyKey: "k", whenBusy: "interrupt" });
      assert.deepEqual(repeat, { type: "repeated", run, seq });
      assert.deepEqual(await observe(store, "t"), before);
    },
  ),

  promise("accept: a key is the actor's own, and the thread's", async ({ store }) => {
    const first = await accepted(store, "t", { idempotencyKey: "k" });
    const second = await accepted(store, "t", { idempotencyKey: "k", actor: ben });
    const third = await accepted(store, "u", { idempotencyKey: "k" });
    assert.equal(new Set([first, second, third].map(({ run }) => run.runId)).size, 3);
  }),

  promise(
    "accept: of many with the same key at once, one is accepted and the others are told",
    async (stores) => {
      const outcomes = await together(stores, 20, (store) => accept(store, "t", { idempotencyKey: "k" }));
      const first = outcomes.filter(({ type }) => type === "accepted");
      assert.equal(first.length, 1);
      const ids = outcomes.map((outcome) => ("run" in outcome ? outcome.run.runId : undefined));
      assert.equal(new Set(ids).size, 1);
      assert.equal((await stores.store.runs.list("t", { limit: 50, offset: 0 })).length, 1);
    },
  ),
];

export const acceptCases: readonly ContractCase[] = [...creation, ...busy, ...open, ...repeats];
