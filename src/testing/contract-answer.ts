import assert from "node:assert/strict";
import type { AnswerOutcome } from "../core/ports.ts";
import {
  accepted,
  ana,
  answer,
  answered,
  ben,
  type ContractCase,
  claimed,
  claimOf,
  claimRun,
  dataOf,
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
  start,
  statusOf,
  together,
} from "./contract-support.ts";

const acceptance: readonly ContractCase[] = [
  promise(
    "answer: closes the question, records who, when and what, and starts the run",
    async ({ store, other }) => {
      await pause(store, "t", ["i"]);
      const [at, run] = [later(), newRun({ kind: "resume" })];
      const value = { type: "approve", digest: "x", odd: "\u0000" };
      const outcome = await answered(store, "t", { i: value }, { at, run, claim: claimOf() });
      assert.equal(outcome.started, true);
      assert.deepEqual([outcome.run.status, outcome.run.attempt, outcome.run.kind], ["running", 1, "resume"]);
      assert.deepEqual(dataOf(outcome.events), [{ answered: ["i"] }, { running: run.runId }]);
      assert.equal(outcome.seq, outcome.events.at(-1)?.seq);
      assert.deepEqual(dataOf(await other.log.read("t", 0, 10)).slice(-2), dataOf(outcome.events));
      const [row] = await other.interrupts.listAnswered("t");
      assert.equal(row?.status, "answered");
      assert.deepEqual(row?.answer, { value, actor: ana, at, runId: run.runId });
      assert.deepEqual(await openIds(other, "t"), []);
      assert.equal(await statusOf(other, "t"), "busy");
      await store.runs.finish(leaseOf(outcome.run), end());
      assert.equal(await statusOf(other, "t"), "idle");
    },
  ),

  promise("answer: without a claim the run waits to be claimed", async ({ store, other }) => {
    await pause(store, "t", ["i"]);
    const { started, run, events } = await answered(store, "t", ["i"]);
    assert.deepEqual([started, run.status, run.attempt], [false, "pending", 0]);
    assert.deepEqual(dataOf(events), [{ answered: ["i"] }]);
    assert.equal(await statusOf(store, "t"), "busy");
    assert.equal((await claimed(other)).run.runId, run.runId);
  }),

  promise("answer: several at once are one run", async ({ store }) => {
    await pause(store, "t", ["i", "j", "k"]);
    const { run } = await answered(store, "t", { i: 1, k: 3 }, { claim: claimOf() });
    assert.deepEqual(await openIds(store, "t"), ["j"]);
    const rows = await store.interrupts.listAnswered("t");
    assert.deepEqual(
      rows.map(({ interruptId, answer: given }) => [interruptId, given?.value, given?.runId]),
      [
        ["i", 1, run.runId],
        ["k", 3, run.runId],
      ],
    );
  }),

  promise(
    "answer: its run waits while another is active, and behind an earlier answer",
    async ({ store }) => {
      const { run, lease } = await start(store, "t");
      await store.runs.record(lease, [interruptFact(newInterrupt("i"), run.runId)]);
      await store.runs.record(lease, [interruptFact(newInterrupt("j"), run.runId)]);
      const first = await answered(store, "t", ["i"], { claim: claimOf() });
      assert.equal(first.started, false);
      await store.runs.finish(lease, end());
      const second = await answered(store, "t", ["j"], { claim: claimOf() });
      assert.equal(second.started, false);
      const found = await claimed(store);
      assert.equal(found.run.runId, first.run.runId);
      await store.runs.finish(found.lease, end());
      assert.equal((await claimed(store)).run.runId, second.run.runId);
    },
  ),

  promise("answer: its run does not wait behind input", async ({ store }) => {
    await pause(store, "t", ["i"]);
    await accepted(store, "t", { whenOpen: "wait" });
    const { started } = await answered(store, "t", ["i"], { claim: claimOf() });
    assert.equal(started, true);
  }),

  promise("answer: the one chosen for expiry says so", async ({ store }) => {
    await pause(store, "t", ["i"]);
    await answered(store, "t", ["i"], { status: "expired", claim: claimOf() });
    const [row] = await store.interrupts.find("t", ["i"]);
    assert.equal(row?.status, "expired");
    assert.equal(row?.answer?.value, "yes");
    assert.deepEqual(await store.interrupts.listAnswered("t"), [row]);
    const late = await answer(store, "t", { i: "no" }, { actor: ben });
    assert.equal(late.type === "refused" && late.refusals[0]?.reason, "closed");
  }),
];

/** Who won, as the refused are told. */
function refusalOf(outcome: AnswerOutcome) {
  assert.equal(outcome.type, "refused");
  return outcome as Extract<AnswerOutcome, { type: "refused" }>;
}

const refusal: readonly ContractCase[] = [
  promise("answer: a second one is refused, and told who was first and when", async ({ store, other }) => {
    await pause(store, "t", ["i", "j"]);
    const at = later();
    await answered(store, "t", { i: "yes" }, { at });
    const before = await observe(store, "t");
    const first = { answeredBy: ana, answeredAt: at };
    const closed = { interruptId: "i", reason: "closed", status: "answered", ...first };
    for (const [value, actor] of [["no", ben] as const, ["yes", ben] as const, ["no", ana] as const]) {
      const outcome = refusalOf(await answer(other, "t", { i: value }, { actor, claim: claimOf() }));
      assert.deepEqual(outcome, { type: "refused", refusals: [closed], openIds: ["j"] });
    }
    const namesake = { ...ana, verified: false };
    refusalOf(await answer(other, "t", { i: "yes" }, { actor: namesake }));
    assert.deepEqual(await observe(store, "t"), before);
  }),

  promise("answer: to what was never asked, or on no thread, is refused", async ({ store }) => {
    await pause(store, "t", ["i"]);
    await pause(store, "u", ["j"]);
    const unknown = { interruptId: "j", reason: "unknown" };
    assert.deepEqual(await answer(store, "t", ["j"]), {
      type: "refused",
      refusals: [unknown],
      openIds: ["i"],
    });
    assert.deepEqual(await answer(store, "v", ["j"]), { type: "refused", refusals: [unknown], openIds: [] });
    assert.deepEqual(await openIds(store, "u"), ["j"]);
  }),

  promise("answer: to a question that was put away is refused, and says how", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    await store.interrupts.close("t", ["i"], { status: "cancelled", at: later(), event: newEvent("x") });
    await accepted(store, "t", { whenOpen: "supersede" });
    const { refusals } = refusalOf(await answer(store, "t", ["i", "j"]));
    assert.deepEqual(refusals, [
      { interruptId: "i", reason: "closed", status: "cancelled" },
      { interruptId: "j", reason: "closed", status: "superseded" },
    ]);
  }),

  promise("answer: all named questions or none", async ({ store }) => {
    await pause(store, "t", ["i", "j", "k"]);
    await answered(store, "t", ["i"], { actor: ben });
    const before = await observe(store, "t");
    const { refusals, openIds: open } = refusalOf(await answer(store, "t", ["j", "i", "x"]));
    assert.deepEqual(
      refusals.map(({ interruptId, reason }) => [interruptId, reason]),
      [
        ["i", "closed"],
        ["x", "unknown"],
      ],
    );
    assert.deepEqual(open, ["j", "k"]);
    assert.deepEqual(await observe(store, "t"), before);
  }),
];

const repetition: readonly ContractCase[] = [
  promise("answer: the same one by the same actor again gets the first run", async ({ store, other }) => {
    await pause(store, "t", ["i"]);
    const { run } = await answered(store, "t", { i: { a: 1, b: [{ c: 2, d: 3 }] } });
    const before = await observe(store, "t");
    const repeat = await answer(other, "t", { i: { b: [{ d: 3, c: 2 }], a: 1 } });
    assert.deepEqual(repeat, { type: "repeated", run, seq: before.lastSeq });
    assert.deepEqual(await observe(store, "t"), before);
  }),

  promise(
    "answer: a key is the same command, whatever it says; another actor's is not",
    async ({ store }) => {
      await pause(store, "t", ["i", "j"]);
      const { run } = await answered(store, "t", { i: "yes" }, { idempotencyKey: "k" });
      const before = await observe(store, "t");
      const repeat = await answer(store, "t", { j: "no" }, { idempotencyKey: "k" });
      assert.deepEqual(repeat, { type: "repeated", run, seq: before.lastSeq });
      assert.deepEqual(await observe(store, "t"), before);
      refusalOf(await answer(store, "t", { i: "yes" }, { actor: ben, idempotencyKey: "k" }));
    },
  ),

  promise("answer: a repeat of several is one only as it was sent", async ({ store }) => {
    await pause(store, "t", ["i", "j", "k"]);
    const first = await answered(store, "t", ["i", "j"]);
    const again = await answer(store, "t", ["j", "i"]);
    assert.equal(again.type === "repeated" && again.run.runId, first.run.runId);
    const part = await answer(store, "t", ["i"]);
    assert.equal(part.type === "repeated" && part.run.runId, first.run.runId);
    const mixed = refusalOf(await answer(store, "t", ["i", "k"]));
    assert.deepEqual([mixed.refusals.map(({ interruptId }) => interruptId), mixed.openIds], [["i"], ["k"]]);
    await answered(store, "t", ["k"]);
    const both = refusalOf(await answer(store, "t", ["i", "k"]));
    assert.deepEqual(both.refusals.map(({ interruptId }) => interruptId).toSorted(), ["i", "k"]);
  }),

  promise(
    "answer: once asked again, an old answer does not count for the new question",
    async ({ store }) => {
      await pause(store, "t", ["i"]);
      const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
      const facts = [interruptFact(newInterrupt("i", { value: "again" }), run.runId)];
      await store.runs.finish(leaseOf(run), end({ facts }));
      const second = await answered(store, "t", ["i"]);
      assert.notEqual(second.run.runId, run.runId);
    },
  ),
];

const races: readonly ContractCase[] = [
  promise("answer: of many at once exactly one is accepted, and all others learn which", async (stores) => {
    const { store } = stores;
    for (let round = 0; round < 5; round += 1) {
      const threadId = `t${round}`;
      await pause(store, threadId, ["i"]);
      const outcomes = await together(stores, 20, (one, index) =>
        answer(
          one,
          threadId,
          { i: index },
          { actor: { id: `actor-${index}`, verified: true }, claim: claimOf() },
        ),
      );
      const winners = outcomes.flatMap((outcome, index) => (outcome.type === "accepted" ? [index] : []));
      assert.equal(winners.length, 1);
      for (const outcome of outcomes) {
        if (outcome.type === "accepted") continue;
        const [told] = refusalOf(outcome).refusals;
        assert.equal(told?.reason === "closed" && told.answeredBy?.id, `actor-${winners[0]}`);
      }
      const [row] = await store.interrupts.listAnswered(threadId);
      assert.deepEqual([row?.answer?.value, row?.answer?.actor.id], [winners[0], `actor-${winners[0]}`]);
      assert.equal((await store.runs.list(threadId, { status: "running", limit: 10, offset: 0 })).length, 1);
      assert.equal((await store.runs.list(threadId, { limit: 10, offset: 0 })).length, 2);
    }
  }),

  promise("answer: the same one sent many times at once is one run", async (stores) => {
    await pause(stores.store, "t", ["i"]);
    const outcomes = await together(stores, 20, (one, index) =>
      answer(one, "t", ["i"], index % 4 < 2 ? {} : { idempotencyKey: "k" }),
    );
    assert.equal(outcomes.filter(({ type }) => type === "accepted").length, 1);
    const runs = outcomes.map((outcome) => ("run" in outcome ? outcome.run.runId : outcome));
    assert.equal(new Set(runs).size, 1);
  }),

  promise("answer: overlapping batches at once are taken whole or not at all", async (stores) => {
    const { store } = stores;
    const batches = [["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"], ["a"], ["b"], ["c"], ["d"]];
    for (let round = 0; round < 5; round += 1) {
      const threadId = `t${round}`;
      await pause(store, threadId, ["a", "b", "c", "d"]);
      const outcomes = await together(stores, batches.length, (one, index) =>
        answer(one, threadId, batches[index] ?? [], { actor: { id: `actor-${index}`, verified: true } }),
      );
      const taken = outcomes.flatMap(({ type }, index) =>
        type === "accepted" ? (batches[index] ?? []).map((id) => [id, `actor-${index}`] as const) : [],
      );
      assert.equal(new Set(taken.map(([id]) => id)).size, taken.length, "one question was answered twice");
      const rows = await store.interrupts.listAnswered(threadId);
      const recorded = rows.map((row) => [row.interruptId, row.answer?.actor.id] as const);
      assert.deepEqual(recorded.toSorted(), taken.toSorted());
    }
  }),

  promise(
    "answer: against new input that puts the question away, one of the two counts",
    async ({ store, other }) => {
      for (let round = 0; round < 10; round += 1) {
        const threadId = `t${round}`;
        await pause(store, threadId, ["i"]);
        const [answering] = await Promise.all([
          answer(store, threadId, ["i"], { claim: claimOf() }),
          accepted(other, threadId, { whenOpen: "supersede", whenBusy: "enqueue", claim: claimOf() }),
        ]);
        const [row] = await store.interrupts.find(threadId, ["i"]);
        assert.equal(row?.status, answering.type === "accepted" ? "answered" : "superseded");
        assert.equal((await store.runs.list(threadId, { status: "running", limit: 9, offset: 0 })).length, 1);
        assert.equal(await claimRun(store, { graphIds: ["graph"] }), undefined);
      }
    },
  ),
];

export const answerCases: readonly ContractCase[] = [...acceptance, ...refusal, ...repetition, ...races];
