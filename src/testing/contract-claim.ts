import assert from "node:assert/strict";
import {
  accepted,
  answered,
  type ContractCase,
  claimed,
  claimOf,
  claimRun,
  dataOf,
  end,
  eventFact,
  eventually,
  interruptFact,
  later,
  leaseOf,
  newEvent,
  newInterrupt,
  newRun,
  pause,
  promise,
  refuses,
  runStatus,
  start,
  statusOf,
  together,
} from "./contract-support.ts";

const order: readonly ContractCase[] = [
  promise("claim: nothing to do is nothing", async ({ store }) => {
    assert.equal(await claimRun(store), undefined);
  }),

  promise("claim: starts the run, tells so, and makes its thread busy", async ({ store, other }) => {
    const { run } = await accepted(store, "t");
    const found = await claimed(other);
    assert.deepEqual([found.run.runId, found.run.status, found.run.attempt], [run.runId, "running", 1]);
    assert.deepEqual(found.lease, { threadId: "t", runId: run.runId, attempt: 1 });
    assert.deepEqual(dataOf(found.events), [{ running: run.runId, attempt: 1 }]);
    assert.deepEqual(dataOf(await store.log.read("t", 0, 10)), dataOf(found.events));
    assert.deepEqual(await store.runs.find("t", run.runId), found.run);
    assert.equal(await statusOf(store, "t"), "busy");
    assert.equal(await claimRun(store), undefined);
  }),

  promise("claim: answers before input, and the oldest first", async ({ store }) => {
    for (const threadId of ["a", "b", "c", "d"]) await pause(store, threadId, ["i"]);
    const inputs = [];
    for (const threadId of ["e", "f"]) inputs.push((await accepted(store, threadId)).run.runId);
    const resumes = [];
    for (const threadId of ["d", "b"]) resumes.push((await answered(store, threadId, ["i"])).run.runId);
    const found = [];
    for (let index = 0; index < 4; index += 1) found.push((await claimed(store)).run.runId);
    assert.deepEqual(found, [...resumes, ...inputs]);
  }),

  promise("claim: only runs of the graphs that are asked for", async ({ store }) => {
    await accepted(store, "t", { run: newRun({ graphId: "other" }) });
    assert.equal(await claimRun(store, { graphIds: ["graph"] }), undefined);
    assert.equal(await claimRun(store, { graphIds: [] }), undefined);
    assert.ok(await claimRun(store, { graphIds: ["graph", "other"] }));
  }),

  promise(
    "claim: a thread has one active run; the next starts when it has ended",
    async ({ store, other }) => {
      const { lease } = await start(store, "t");
      const { run } = await accepted(store, "t");
      await accepted(store, "t");
      assert.equal(await claimRun(other), undefined);
      await store.runs.finish(lease, end());
      assert.equal((await claimed(other)).run.runId, run.runId);
      assert.equal(await claimRun(other), undefined);
    },
  ),

  promise("claim: input waits while a question is open", async ({ store }) => {
    await pause(store, "t", ["i"]);
    const { run } = await accepted(store, "t", { whenOpen: "wait" });
    assert.equal(await claimRun(store), undefined);
    const event = newEvent("cancelled");
    await store.interrupts.close("t", ["i"], { status: "cancelled", at: later(), event });
    assert.equal((await claimed(store)).run.runId, run.runId);
  }),

  promise("claim: input waits behind a question that the active run asks now", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    await accepted(store, "t");
    await store.runs.record(lease, [interruptFact(newInterrupt("i"), run.runId)]);
    await store.runs.finish(lease, end());
    assert.equal(await claimRun(store), undefined);
    const { run: resume } = await answered(store, "t", ["i"]);
    assert.equal((await claimed(store)).run.runId, resume.runId);
  }),

  promise(
    "claim: an answer does not wait for the graph's other questions, but for doubts",
    async ({ store }) => {
      const doubt = newInterrupt("doubt", { source: "effect", effectKey: "e" });
      await pause(store, "t", ["i", "j", doubt]);
      const outcome = await answered(store, "t", ["i"], { claim: claimOf() });
      assert.equal(outcome.started, false);
      assert.equal(await statusOf(store, "t"), "interrupted");
      assert.equal(await claimRun(store), undefined);
      await answered(store, "t", ["doubt"], { claim: claimOf() });
      assert.equal((await claimed(store)).run.runId, outcome.run.runId);
      assert.deepEqual(await statusOf(store, "t"), "busy");
    },
  ),

  promise("claim: many at once take every run once, and one of each thread", async (stores) => {
    const { store } = stores;
    const threadIds = Array.from({ length: 8 }, (_, index) => `t${index}`);
    for (const threadId of threadIds) {
      await accepted(store, threadId);
      await accepted(store, threadId);
    }
    const found = await together(stores, 20, (one, index) => claimRun(one, { owner: `worker-${index}` }));
    const leases = found.flatMap((one) => (one ? [one.lease] : []));
    assert.deepEqual(leases.map(({ threadId }) => threadId).toSorted(), threadIds);
    assert.ok(leases.every(({ attempt }) => attempt === 1));
    for (const lease of leases) await store.runs.finish(lease, end());
    const rest = await together(stores, 20, (one, index) => claimRun(one, { owner: `worker-${index}` }));
    const runIds = [...leases, ...rest.flatMap((one) => (one ? [one.lease] : []))].map(({ runId }) => runId);
    assert.equal(runIds.length, 16);
    assert.equal(new Set(runIds).size, 16);
  }),

  promise("claim: a thread that is being written to is not passed over", async ({ store, other }) => {
    for (let round = 0; round < 10; round += 1) {
      const { run } = await accepted(store, "t");
      const writes = Array.from({ length: 8 }, (_, index) => other.log.append("t", [newEvent(index)]));
      const { lease } = await claimed(store);
      assert.equal(lease.runId, run.runId);
      await Promise.all(writes);
      await store.runs.finish(lease, end());
    }
  }),
];

const takeover: readonly ContractCase[] = [
  promise(
    "claim: a run whose lease ran out goes on elsewhere, and the old attempt is fenced off",
    async ({ store, other }) => {
      const { run, lease } = await start(store, "t", { claim: claimOf({ leaseMs: 1 }) });
      const effect = { key: "e", namespace: "", idempotent: false, about: null, at: later() };
      await store.effects.start(lease, effect);
      const next = await eventually(() => claimRun(other, { owner: "worker-2" }));
      assert.deepEqual([next.run.runId, next.run.attempt, next.run.status], [run.runId, 2, "running"]);
      assert.deepEqual(dataOf(next.events), [{ running: run.runId, attempt: 2 }]);
      const lastSeq = await store.log.lastSeq("t");
      await refuses(store.runs.record(lease, [eventFact(newEvent("late"))]), "lease_lost");
      await refuses(store.runs.record(lease, []), "lease_lost");
      const late = interruptFact(newInterrupt("late"));
      await refuses(store.runs.record(lease, [late]), "lease_lost");
      await refuses(store.runs.finish(lease, end()), "lease_lost");
      await refuses(store.effects.start(lease, { ...effect, key: "f" }), "lease_lost");
      assert.equal(await store.log.lastSeq("t"), lastSeq);
      assert.deepEqual(await store.interrupts.listOpen(["t"]), []);
      await other.runs.record(next.lease, [eventFact(newEvent("on time"))]);
      await other.runs.finish(next.lease, end());
      assert.equal(await runStatus(store, run), "success");
      await refuses(store.runs.record(lease, [eventFact(newEvent("later"))]), "lease_lost");
    },
  ),

  promise("claim: a lease that ran out still holds while nobody else has claimed", async ({ store }) => {
    const { lease } = await start(store, "t", { claim: claimOf({ leaseMs: 1 }) });
    await start(store, "u", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
    await eventually(() => claimRun(store));
    const [event] = await store.runs.record(lease, [eventFact(newEvent("on"))]);
    assert.deepEqual(dataOf(await store.log.read("t", 0, 10)).at(-1), "on");
    assert.equal(event?.seq, await store.log.lastSeq("t"));
    await store.runs.finish(lease, end());
  }),

  promise("claim: nobody gets a run of his own again, however late he is", async ({ store }) => {
    await start(store, "t", { claim: claimOf({ leaseMs: 1 }) });
    const { run } = await start(store, "u", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
    const found = await eventually(() => claimRun(store));
    assert.equal(found.run.runId, run.runId);
    assert.equal(await claimRun(store), undefined);
  }),

  promise("claim: a run that is lost comes before one that waits", async ({ store }) => {
    await accepted(store, "waits");
    const { run } = await start(store, "lost", { claim: claimOf({ leaseMs: 1 }) });
    const control = newRun({ graphId: "control" });
    await start(store, "control", { run: control, claim: claimOf({ leaseMs: 1 }) });
    await eventually(() => claimRun(store, { owner: "worker-2", graphIds: ["control"] }));
    assert.equal((await claimed(store, { owner: "worker-2" })).run.runId, run.runId);
  }),

  promise("claim: of many who want a lost run, one gets it", async (stores) => {
    const { run } = await start(stores.store, "t", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
    const taken: number[] = [];
    await eventually(async () => {
      const found = await together(stores, 10, (store, index) =>
        claimRun(store, { owner: `worker-${index}` }),
      );
      taken.push(...found.flatMap((one) => (one ? [one.run.attempt] : [])));
      return taken.length > 0 ? true : undefined;
    });
    assert.deepEqual(taken, [2]);
    assert.equal((await stores.store.runs.find("t", run.runId))?.attempt, 2);
  }),

  promise("claim: a run that was asked to stop is still asked by its next attempt", async ({ store }) => {
    const { run } = await start(store, "t", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
    const requested = () => newEvent("again");
    await store.runs.requestCancel("t", [run.runId], { action: "rollback", at: later(), requested });
    const next = await eventually(() => claimRun(store));
    assert.equal(next.run.cancelRequested, "rollback");
    assert.deepEqual(leaseOf(next.run), next.lease);
  }),
];

const graphs: readonly ContractCase[] = [
  promise("claim: of several graphs, answers come before input, and the oldest first", async ({ store }) => {
    const graphIds = ["a", "b", "c"];
    const runOf = async (threadId: string, graphId: string) =>
      (await accepted(store, threadId, { run: newRun({ graphId }) })).run.runId;
    await pause(store, "t", ["i"], { run: newRun({ graphId: "c" }) });
    const first = await runOf("u", "b");
    const second = await runOf("v", "a");
    const answer = newRun({ kind: "resume", graphId: "c" });
    await answered(store, "t", ["i"], { run: answer });
    const claims: string[] = [];
    for (let count = 0; count < 3; count += 1) claims.push((await claimed(store, { graphIds })).run.runId);
    assert.deepEqual(claims, [answer.runId, first, second]);
  }),

  promise(
    "claim: a run whose graph nobody serves waits, is told of, and holds up no other",
    async ({ store, other }) => {
      const gone = await accepted(store, "t", { run: newRun({ graphId: "gone" }) });
      await accepted(store, "t", { run: newRun({ graphId: "behind" }) });
      await accepted(store, "u", { run: newRun({ graphId: "old" }) });
      const { run } = await accepted(store, "v");
      assert.deepEqual((await other.runs.listUnserved(["graph"])).toSorted(), ["gone", "old"]);
      assert.deepEqual(await store.runs.listUnserved(["graph", "gone", "old"]), []);
      assert.equal((await claimed(store)).run.runId, run.runId);
      assert.equal(await claimRun(store), undefined);
      assert.equal(await runStatus(store, gone.run), "pending");
      await claimed(store, { graphIds: ["gone"] });
      assert.deepEqual(await store.runs.listUnserved(["graph"]), ["old"]);
    },
  ),
];

export const claimCases: readonly ContractCase[] = [...order, ...takeover, ...graphs];
