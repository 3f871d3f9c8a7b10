import assert from "node:assert/strict";
import type { Lease, Store, UndoOutcome } from "../core/ports.ts";
import {
  accepted,
  answer,
  answered,
  ben,
  type ContractCase,
  claimed,
  claimOf,
  claimRun,
  end,
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
  together,
} from "./contract-support.ts";
import { newEffect, resumed, undo, undone } from "./contract-undo-support.ts";

const refusal = async (store: Store, interruptId = "i") => {
  const outcome = await undo(store, interruptId);
  return outcome.type === "too_late" ? outcome.reason : outcome.type;
};

/** Undo is refused for this reason, and nothing is changed by it. */
async function staysFor(store: Store, reason: string, interruptId = "i"): Promise<void> {
  const before = await observe(store, "t");
  assert.equal(await refusal(store, interruptId), reason);
  assert.deepEqual(await observe(store, "t"), before);
}

const refusing: readonly ContractCase[] = [
  promise("undo: once an effect has started, it is too late, whatever becomes of that", async ({ store }) => {
    const { lease } = await resumed(store);
    assert.equal(await store.effects.start(lease, newEffect("e", { idempotent: true })), undefined);
    await staysFor(store, "acted");
    await store.effects.end(lease, "e", { status: "failed", result: null, at: later() });
    await staysFor(store, "acted");
    await store.runs.release([lease]);
    await claimed(store);
    await staysFor(store, "acted");
  }),

  promise("undo: an effect that had its result already is no deed of this run", async ({ store }) => {
    const { run, lease: first } = await start(store, "t");
    await store.effects.start(first, newEffect("e"));
    await store.effects.end(first, "e", { status: "finished", result: 1, at: later() });
    await store.runs.finish(first, end({ facts: [interruptFact(newInterrupt("i"), run.runId)] }));
    const { run: second } = await answered(store, "t", ["i"], { claim: claimOf() });
    assert.notEqual(await store.effects.start(leaseOf(second), newEffect("e")), undefined);
    await undone(store);
  }),

  promise(
    "undo: once the run has written to the long-term store, or said that it acts, it is too late",
    async ({ store }) => {
      const { lease } = await resumed(store);
      await store.items.write("s", [], { at: later(), lease });
      await staysFor(store, "acted");
      await store.runs.finish(lease, end());
      await pause(store, "t", ["j"]);
      const { run } = await answered(store, "t", ["j"], { claim: claimOf() });
      await store.runs.record(leaseOf(run), [{ type: "acted" }]);
      await staysFor(store, "acted", "j");
    },
  ),

  promise("undo: once the run has ended, it is too late", async ({ store }) => {
    const { lease } = await resumed(store);
    await store.runs.finish(lease, end());
    await staysFor(store, "ended");
  }),

  promise("undo: once something else was answered, or has begun, it is too late", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    await answered(store, "t", ["i"], { run: newRun({ kind: "resume", notBefore: later() + 60_000 }) });
    await answered(store, "t", ["j"]);
    await staysFor(store, "overtaken");
    await undone(store, "j");
    await answered(store, "t", ["j+"], { claim: claimOf() });
    const { lease } = await claimed(store);
    await store.runs.finish(lease, end());
    await staysFor(store, "overtaken");
  }),

  promise("undo: input that only waits is in nobody's way, and goes on waiting", async ({ store }) => {
    const { lease } = await resumed(store);
    const { run: waiting } = await accepted(store, "t");
    await undone(store);
    assert.equal(await claimRun(store), undefined);
    assert.equal(await runStatus(store, { ...waiting, threadId: "t" }), "pending");
    await refuses(store.runs.record(lease, []), "lease_lost");
    const { run } = await answered(store, "t", ["i+"], { claim: claimOf() });
    await store.runs.finish(leaseOf(run), end());
    assert.equal((await claimed(store)).run.runId, waiting.runId);
  }),

  promise("undo: once the state was written beside the graph, it is too late", async ({ store }) => {
    await pause(store, "t", ["i"]);
    await answered(store, "t", ["i"]);
    await store.checkpoints.record("t", [], later());
    await staysFor(store, "state_written");
  }),

  promise(
    "undo: only of what a person has answered, and by that person or somebody who may",
    async ({ store }) => {
      await pause(store, "t", ["i", "j", "k", "l"]);
      await staysFor(store, "not_answered");
      await store.interrupts.close("t", ["j"], { status: "cancelled", at: later(), event: newEvent("x") });
      await staysFor(store, "not_answered", "j");
      await answered(store, "t", ["k"], { status: "expired" });
      await staysFor(store, "not_answered", "k");
      await staysFor(store, "unknown", "never");
      assert.equal((await undo(store, "i", { threadId: "nobody" })).type, "unknown");
      await answered(store, "t", ["i"], { actor: ben });
      assert.deepEqual(await undo(store), { type: "foreign", answeredBy: ben });
      assert.deepEqual(await undo(store, "i", { actor: { ...ben, verified: false } }), {
        type: "foreign",
        answeredBy: ben,
      });
      await undone(store, "i", { ofOthers: true });
    },
  ),

  promise(
    "undo: once more gives the same question while it is open, and then it is too late",
    async ({ store }) => {
      await resumed(store);
      await undone(store);
      const before = await observe(store, "t");
      assert.deepEqual(await undo(store), { type: "repeated", interruptId: "i+" });
      assert.equal((await undo(store, "i", { actor: ben })).type, "foreign");
      assert.deepEqual(await observe(store, "t"), before);
      await answered(store, "t", ["i+"]);
      await staysFor(store, "undone");
    },
  ),

  promise(
    "undo: the answer that was taken back does not count when it is sent once more",
    async ({ store }) => {
      await resumed(store);
      await undone(store);
      const again = await answer(store, "t", ["i"]);
      assert.equal(again.type, "refused");
      const { refusals, openIds: open } = again as Extract<typeof again, { type: "refused" }>;
      assert.deepEqual([refusals[0]?.reason, open], ["closed", ["i+"]]);
      assert.equal(refusals[0]?.reason === "closed" && refusals[0].status, "undone");
    },
  ),
];

const rounds = 12;

const races: readonly ContractCase[] = [
  promise("undo: against the first effect, exactly one of the two happens", async ({ store, other }) => {
    for (let round = 0; round < rounds; round += 1) {
      const threadId = `t${round}`;
      await pause(store, threadId, ["i"]);
      const { run } = await answered(store, threadId, ["i"], { claim: claimOf() });
      const begin = (one: Store, lease: Lease) =>
        one.effects.start(lease, newEffect("e")).then(
          () => "started",
          (error: { code?: string }) => error.code,
        );
      const acts = [() => begin(store, leaseOf(run)), () => undo(other, "i", { threadId })];
      const [started, outcome] =
        round % 2 === 0 ? await both(acts) : (await both(acts.toReversed())).toReversed();
      const { type } = outcome as UndoOutcome;
      assert.deepEqual(
        [started, type],
        started === "started" ? ["started", "too_late"] : ["lease_lost", "undone"],
      );
      assert.equal((await store.effects.listUnsettled(threadId)).length, started === "started" ? 1 : 0);
      assert.deepEqual(await openIds(store, threadId), started === "started" ? [] : ["i+"]);
    }
  }),

  promise("undo: of many at once one takes it back, and all get the same question", async (stores) => {
    await resumed(stores.store);
    const before = (await stores.store.log.read("t", 0, 100)).length;
    const outcomes = await together(stores, 12, (store) => undo(store));
    assert.deepEqual(outcomes.map(({ type }) => type).toSorted(), [
      ...Array<string>(11).fill("repeated"),
      "undone",
    ]);
    assert.deepEqual(
      new Set(outcomes.map((one) => "interruptId" in one && one.interruptId)),
      new Set(["i+"]),
    );
    assert.deepEqual(await openIds(stores.store, "t"), ["i+"]);
    assert.equal((await stores.store.log.read("t", 0, 100)).length, before + 2);
  }),

  promise("undo: against the end of the run, exactly one of the two counts", async ({ store, other }) => {
    for (let round = 0; round < rounds; round += 1) {
      const threadId = `t${round}`;
      await pause(store, threadId, ["i"]);
      const { run } = await answered(store, threadId, ["i"], { claim: claimOf() });
      const [finished, outcome] = await Promise.all([
        store.runs.finish(leaseOf(run), end()).then(
          () => true,
          () => false,
        ),
        undo(other, "i", { threadId }),
      ]);
      assert.equal(outcome.type, finished ? "too_late" : "undone");
      assert.equal(await runStatus(store, run), finished ? "success" : "interrupted");
      assert.deepEqual(await openIds(store, threadId), finished ? [] : ["i+"]);
    }
  }),

  promise(
    "undo: against a second answer, either may come first, and none is lost",
    async ({ store, other }) => {
      for (let round = 0; round < rounds; round += 1) {
        const threadId = `t${round}`;
        await pause(store, threadId, ["i", "j"]);
        await answered(store, threadId, ["i"]);
        const [second, outcome] = await Promise.all([
          answered(store, threadId, ["j"], { actor: ben, claim: claimOf() }),
          undo(other, "i", { threadId }),
        ]);
        const isUndone = outcome.type === "undone";
        if (!isUndone) assert.equal(outcome.type === "too_late" && outcome.reason, "overtaken");
        assert.deepEqual(await openIds(store, threadId), isUndone ? ["i+"] : []);
        const [row] = (await store.interrupts.listAnswered(threadId)).filter(
          ({ answer: by }) => by?.actor.id === "ben",
        );
        assert.equal(row?.answer?.runId, second.run.runId);
      }
    },
  ),

  promise(
    "undo: against the claim of its run, the run is taken back either way",
    async ({ store, other }) => {
      for (let round = 0; round < rounds; round += 1) {
        const threadId = `t${round}`;
        await pause(store, threadId, ["i"]);
        const { run } = await answered(store, threadId, ["i"]);
        const [found] = await Promise.all([claimRun(store), undone(other, "i", { threadId })]);
        if (found) await refuses(store.runs.record(found.lease, []), "lease_lost");
        assert.equal(await runStatus(store, { ...run, threadId }), "interrupted");
        assert.deepEqual(await openIds(store, threadId), ["i+"]);
        assert.equal(await claimRun(store), undefined);
      }
    },
  ),
];

/** Begins one after the other, and waits for both. */
function both(acts: (() => Promise<unknown>)[]): Promise<unknown[]> {
  return Promise.all(acts.map((act) => act()));
}

export const tooLateCases: readonly ContractCase[] = [...refusing, ...races];
