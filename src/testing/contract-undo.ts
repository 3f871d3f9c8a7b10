import assert from "node:assert/strict";
import type { Fact, InterruptRecord, NewCheckpoint, RunRecord, Store } from "../core/ports.ts";
import type { Json } from "../protocol/json.ts";
import {
  ana,
  answered,
  type ContractCase,
  claimed,
  claimOf,
  claimRun,
  dataOf,
  end,
  eventFact,
  interruptFact,
  later,
  leaseOf,
  newEvent,
  newInterrupt,
  newRun,
  observe,
  openIds,
  pause,
  promise,
  refuses,
  runStatus,
  start,
  statusOf,
} from "./contract-support.ts";
import { newEffect, resumed, rowOf, undo, undone } from "./contract-undo-support.ts";

const receiptsOf = async (store: Store) =>
  (await store.interrupts.listAnswered("t")).map(({ interruptId }) => interruptId);

const checkpoint = (checkpointId: string, changes: Partial<NewCheckpoint> = {}): Fact => ({
  type: "checkpoint",
  checkpoint: {
    ...{ checkpointNs: "", checkpointId, parentId: null, metadata: {}, body: {} },
    contents: [{ hash: `h${checkpointId}`, bytes: Buffer.from(checkpointId) }],
    ...changes,
  },
});

const writes = (checkpointId: string, index: number, hash: string, checkpointNs = ""): Fact => ({
  type: "writes",
  writes: {
    ...{ checkpointNs, checkpointId, taskId: "task", taskPath: "" },
    writes: [{ index, channel: index < 0 ? "__resume__" : "c", hash }],
    contents: [{ hash, bytes: Buffer.from(hash) }],
  },
});

const stateEvent = (name: string, run: RunRecord): Fact =>
  eventFact(
    newEvent({ state: name }, { runId: run.runId, method: "values", isRef: true, foldKey: "values/" }),
  );

async function stateOf(store: Store) {
  const checkpoints = await store.checkpoints.list("t", {});
  const written = checkpoints.map(async ({ checkpointNs: ns, checkpointId: id }) =>
    (await store.checkpoints.writes("t", ns, id)).toSorted((a, b) => a.index - b.index),
  );
  return { checkpoints, writes: await Promise.all(written) };
}

const taking: readonly ContractCase[] = [
  promise(
    "undo: an answer that nobody has begun with is open again, as a row of its own, and approves nothing",
    async ({ store, other }) => {
      await pause(store, "t", [newInterrupt("i", { assignees: ["ana"], digest: "d" })]);
      const asked = await rowOf(store, "i");
      const { run } = await answered(store, "t", ["i"]);
      const at = later();
      const outcome = await undone(other, "i", { at });
      assert.deepEqual([outcome.interruptId, outcome.runId], ["i+", run.runId]);
      assert.deepEqual(dataOf(outcome.events), [
        { asked: "i", as: "i+" },
        { undone: run.runId, attempt: 0 },
      ]);
      assert.deepEqual(
        dataOf(await store.log.read("t", 0, 100)).slice(-2),
        dataOf(outcome.events),
        "what was told is in the log",
      );
      const open = await rowOf(store, "i+");
      const { number } = open as InterruptRecord;
      assert.deepEqual(open, { ...asked, interruptId: "i+", engineId: "i", number, openedAt: at });
      assert.ok(number > (asked?.number ?? 0));
      assert.deepEqual(await store.interrupts.inbox({ assignees: ["ana"], limit: 9 }), [open]);
      const before = await rowOf(store, "i");
      assert.deepEqual([before?.status, before?.answer?.actor], ["undone", ana]);
      assert.deepEqual(await receiptsOf(store), []);
      assert.equal(await runStatus(store, { ...run, threadId: "t" }), "interrupted");
      assert.equal(await statusOf(store, "t"), "interrupted");
      assert.equal(await claimRun(store), undefined);
    },
  ),

  promise(
    "undo: the question is answered again under its new id, and taken back again",
    async ({ store }) => {
      const { run: first } = await resumed(store);
      await undone(store);
      const { run } = await answered(store, "t", ["i+"], { claim: claimOf() });
      assert.notEqual(run.runId, first.runId);
      assert.deepEqual(await receiptsOf(store), ["i+"]);
      assert.equal((await undone(store, "i+")).interruptId, "i++");
      assert.equal((await rowOf(store, "i++"))?.engineId, "i");
      assert.deepEqual(await receiptsOf(store), []);
    },
  ),

  promise("undo: whoever holds the run has lost it, and can do nothing more", async ({ store, other }) => {
    const { lease } = await resumed(store);
    await undone(other);
    const before = await observe(store, "t");
    const event = eventFact(newEvent("late"));
    await refuses(store.runs.record(lease, [event]), "lease_lost");
    await refuses(store.runs.record(lease, [checkpoint("late")]), "lease_lost");
    await refuses(store.runs.finish(lease, end()), "lease_lost");
    await refuses(store.effects.start(lease, newEffect("late")), "lease_lost");
    await refuses(store.items.write("s", [], { at: later(), lease }), "lease_lost");
    assert.deepEqual((await store.runs.review([lease])).lost, [lease]);
    await store.runs.release([lease]);
    assert.deepEqual(await observe(store, "t"), before);
    assert.equal(await claimRun(store), undefined);
  }),

  promise("undo: of a run that another attempt took up, both have lost it", async ({ store, other }) => {
    const { lease } = await resumed(store);
    await store.runs.release([lease]);
    const next = await claimed(other);
    assert.equal(next.run.attempt, 2);
    await undone(store);
    for (const one of [lease, next.lease]) await refuses(store.runs.record(one, []), "lease_lost");
  }),

  promise("undo: all that were answered at once are open again", async ({ store }) => {
    const { run } = await resumed(store, ["i", "j"], ["k"]);
    const { events } = await undone(store, "j");
    assert.deepEqual(dataOf(events), [
      { asked: "i", as: "i+" },
      { asked: "j", as: "j+" },
      { undone: run.runId, attempt: 1 },
    ]);
    assert.deepEqual(await openIds(store, "t"), ["k", "i+", "j+"]);
    assert.deepEqual(await undo(store, "i"), { type: "repeated", interruptId: "i+" });
  }),

  promise("undo: what the run asked meanwhile is put away", async ({ store }) => {
    const { run, lease } = await resumed(store);
    await store.runs.record(lease, [interruptFact(newInterrupt("next"), run.runId)]);
    const { events } = await undone(store);
    assert.deepEqual(dataOf(events)[0], { closed: ["next"] });
    assert.deepEqual(await openIds(store, "t"), ["i+"]);
  }),
];

const restoring: readonly ContractCase[] = [
  promise(
    "undo: checkpoints and writes are as they were before the run, in every namespace",
    async ({ store, other }) => {
      const { run: asking, lease: first } = await start(store, "t");
      await store.runs.record(first, [
        checkpoint("1", { metadata: { step: 1 } }),
        checkpoint("n1", { checkpointNs: "n:1" }),
        writes("1", -4, "old"),
        writes("1", -3, "asked"),
        interruptFact(newInterrupt("i"), asking.runId),
      ]);
      await store.runs.finish(first, end());
      const before = await stateOf(other);
      const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
      const lease = leaseOf(run);
      await store.runs.record(lease, [
        writes("1", -4, "new"),
        writes("1", 0, "put out"),
        writes("1", -4, "newest"),
      ]);
      await store.runs.record(lease, [
        checkpoint("2", { parentId: "1", metadata: { step: 2 } }),
        checkpoint("3", { parentId: "2", metadata: { step: 3 } }),
        checkpoint("n2", { checkpointNs: "n:1", parentId: "n1" }),
        writes("n1", -4, "within", "n:1"),
        writes("3", 0, "last"),
      ]);
      const { events } = await undone(other);
      assert.deepEqual(dataOf(events)[0], { head: { id: "1", step: 3 } });
      assert.deepEqual(await stateOf(store), before);
      assert.equal((await store.checkpoints.find("t", ""))?.checkpointId, "1");
      assert.equal((await store.checkpoints.find("t", "n:1"))?.checkpointId, "n1");
    },
  ),

  promise("undo: what the next run wrote over is restored after that, too", async ({ store }) => {
    const { run: asking, lease: first } = await start(store, "t");
    const asked = interruptFact(newInterrupt("i"), asking.runId);
    await store.runs.finish(first, end({ facts: [checkpoint("1"), writes("1", -4, "old"), asked] }));
    const before = await stateOf(store);
    for (const id of ["i", "i+", "i++"]) {
      const { run } = await answered(store, "t", [id], { claim: claimOf() });
      await store.runs.record(leaseOf(run), [writes("1", -4, `of ${id}`), checkpoint(`after ${id}`)]);
      await undone(store, id);
      assert.deepEqual(await stateOf(store), before);
    }
    const { run } = await answered(store, "t", ["i+++"], { claim: claimOf() });
    await store.runs.record(leaseOf(run), [writes("1", -4, "kept")]);
    await store.runs.finish(leaseOf(run), end());
    assert.deepEqual((await store.checkpoints.writes("t", "", "1"))[0]?.hash, "kept");
  }),

  promise("undo: what the run said of its states is folded away, and nothing else", async ({ store }) => {
    const { run: asking, lease: first } = await start(store, "t");
    const asked = interruptFact(newInterrupt("i"), asking.runId);
    await store.runs.finish(first, end({ facts: [checkpoint("1"), stateEvent("1", asking), asked] }));
    const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
    const said = eventFact(newEvent("said", { runId: run.runId }));
    await store.runs.record(leaseOf(run), [checkpoint("2"), stateEvent("2", run), said]);
    await undone(store);
    const log = dataOf(await store.log.read("t", 0, 100));
    const has = (data: Json) => log.some((one) => JSON.stringify(one) === JSON.stringify(data));
    assert.deepEqual(
      [has({ state: "1" }), has({ state: "2" }), has("said")],
      [true, false, true],
      JSON.stringify(log),
    );
  }),

  promise("undo: the engine's question finds the row that is open in its place", async ({ store }) => {
    const { lease } = await resumed(store, ["i"], ["j"]);
    await undone(store);
    await refuses(store.runs.record(lease, []), "lease_lost");
    const { run: second } = await answered(store, "t", ["j"], { claim: claimOf() });
    const asks = (value: Json) => interruptFact(newInterrupt("i", { value }), second.runId);
    const again = await store.runs.record(leaseOf(second), [asks({ question: "i" })]);
    assert.deepEqual([again, await openIds(store, "t")], [[], ["i+"]]);
    const other = await store.runs.record(leaseOf(second), [asks({ question: "another" })]);
    assert.deepEqual([other.length, await openIds(store, "t")], [1, ["i"]]);
    assert.equal((await rowOf(store, "i+"))?.status, "superseded");
  }),

  promise(
    "undo: the engine's question is not asked again whose new answer is on its way",
    async ({ store }) => {
      await resumed(store, ["i"], ["j"]);
      await undone(store);
      const { run } = await answered(store, "t", ["j"], { claim: claimOf() });
      await answered(store, "t", ["i+"]);
      const again = await store.runs.record(leaseOf(run), [interruptFact(newInterrupt("i"), run.runId)]);
      assert.deepEqual([again, await openIds(store, "t")], [[], []]);
    },
  ),

  promise("undo: a copy of the thread asks what is open again, by both ids", async ({ store }) => {
    await resumed(store);
    await undone(store);
    await store.threads.copy("t", {
      ...{ threadId: "copy", owner: null, metadata: {}, at: later(), run: newRun(), events: [] },
      requested: ({ interruptId }) => newEvent({ askedAgain: interruptId }),
    });
    const [row] = await store.interrupts.listOpen(["copy"]);
    assert.deepEqual([row?.interruptId, row?.engineId], ["i+", "i"]);
  }),

  promise("undo: an effect that was decided about is in doubt again", async ({ store }) => {
    for (const status of ["failed", "finished", "skipped", "in_doubt"] as const) {
      const threadId = status;
      const { run, lease } = await start(store, threadId);
      await store.effects.start(lease, newEffect("e"));
      const doubt = newInterrupt("d", { source: "effect", effectKey: "e" });
      await store.runs.finish(lease, end({ facts: [interruptFact(doubt, run.runId)] }));
      const resolve = [{ key: "e", status, result: "said" }];
      await answered(store, threadId, ["d"], { resolve });
      await undone(store, "d", { threadId });
      const [effect] = await store.effects.listUnsettled(threadId);
      assert.equal(effect?.status, "in_doubt");
      const [row] = await store.interrupts.listOpen([threadId]);
      assert.deepEqual([row?.interruptId, row?.engineId, row?.effectKey], ["d+", "d+", "e"]);
    }
  }),

  promise("undo: an effect that turned out to have finished stays so", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    await store.effects.start(lease, newEffect("e"));
    const doubt = newInterrupt("d", { source: "effect", effectKey: "e" });
    await store.runs.finish(lease, end({ facts: [interruptFact(doubt, run.runId)] }));
    await store.effects.end(lease, "e", { status: "finished", result: "was", at: later() });
    const resolve = [{ key: "e", status: "failed" as const, result: null }];
    await answered(store, "t", ["d"], { resolve });
    await undone(store, "d");
    assert.deepEqual(
      (await store.effects.find("t", ["e"])).map(({ status, result }) => [status, result]),
      [["finished", "was"]],
    );
  }),
];

export const undoCases: readonly ContractCase[] = [...taking, ...restoring];
