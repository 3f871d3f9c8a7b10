import assert from "node:assert/strict";
import {
  accepted,
  answered,
  type ContractCase,
  claimed,
  claimOf,
  claimRun,
  end,
  eventFact,
  eventually,
  later,
  leaseOf,
  newEvent,
  newRun,
  pause,
  promise,
  refuses,
  start,
} from "./contract-support.ts";

/** A lease short enough to see it run out, and long enough to be renewed in time on a machine that is busy. */
const leaseMs = 1_200;

const requested = () => newEvent("again");

export const leaseCases: readonly ContractCase[] = [
  promise(
    "leases: held ones stay, however they began, while others run out again and again",
    async ({ store, other }) => {
      const letGo = store.runs.holdLeases("keeper", leaseMs);
      try {
        const claim = claimOf({ owner: "keeper", leaseMs });
        const { lease } = await start(store, "started", { claim });
        await accepted(store, "claimed");
        const found = await claimed(store, claim);
        await pause(store, "answered", ["i"]);
        const { run } = await answered(store, "answered", ["i"], { claim });
        const control = newRun({ graphId: "control" });
        await start(store, "control", { run: control, claim: claimOf({ owner: "worker-0", leaseMs }) });
        // Each time the control changes hands, another lease has passed.
        for (let index = 1; index <= 2; index += 1) {
          const owner = `worker-${index}`;
          const taken = await eventually(async () => {
            assert.equal(await claimRun(other, { owner, leaseMs }), undefined, "a held run was taken");
            return claimRun(other, { owner, leaseMs, graphIds: ["control"] });
          });
          assert.equal(taken.run.attempt, index + 1);
        }
        assert.deepEqual((await store.runs.review([lease, found.lease, leaseOf(run)])).lost, []);
      } finally {
        await letGo();
      }
    },
  ),

  promise("leases: no longer held, they run out", async ({ store, other }) => {
    const letGo = store.runs.holdLeases("keeper", leaseMs);
    const { run } = await start(store, "t", { claim: claimOf({ owner: "keeper", leaseMs }) });
    await letGo();
    const next = await eventually(() => claimRun(other, { owner: "worker-2" }));
    assert.deepEqual([next.run.runId, next.run.attempt], [run.runId, 2]);
  }),

  promise("leases: held at most for the time a run may take", async ({ store, other }) => {
    const letGo = store.runs.holdLeases("keeper", leaseMs);
    try {
      const claim = claimOf({ owner: "keeper", leaseMs, runTimeoutMs: leaseMs / 2 });
      const { run } = await start(store, "t", { claim });
      const next = await eventually(() => claimRun(other, { owner: "worker-2" }));
      assert.deepEqual([next.run.runId, next.run.attempt], [run.runId, 2]);
    } finally {
      await letGo();
    }
  }),

  promise("leases: a review tells which were lost and which are asked to stop", async ({ store, other }) => {
    const going = await start(store, "going");
    const asked = await start(store, "asked");
    const ended = await start(store, "ended");
    const taken = await start(store, "taken", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
    await other.runs.requestCancel("asked", undefined, { action: "interrupt", at: later(), requested });
    await store.runs.finish(ended.lease, end());
    const next = await eventually(() => claimRun(other));
    const leases = [going, asked, ended, taken].map(({ lease }) => lease);
    const { lost, cancelled } = await store.runs.review([...leases, next.lease]);
    assert.deepEqual(lost, [ended.lease, taken.lease]);
    assert.deepEqual(cancelled, [{ lease: asked.lease, action: "interrupt" }]);
    assert.deepEqual(await store.runs.review([]), { lost: [], cancelled: [] });
  }),

  promise(
    "leases: whoever claims next goes on with a run that was given up, at once",
    async ({ store, other }) => {
      const { run, lease } = await start(store, "t");
      await accepted(store, "t");
      await store.runs.release([lease]);
      const next = await claimed(other, { owner: "worker-2" });
      assert.deepEqual([next.run.runId, next.run.attempt], [run.runId, 2]);
      assert.equal(await claimRun(other, { owner: "worker-3" }), undefined);
    },
  ),

  promise("leases: also the one who gave it up may claim it again", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    await store.runs.release([lease]);
    const next = await claimed(store);
    assert.deepEqual([next.run.runId, next.run.attempt], [run.runId, 2]);
    await store.runs.finish(next.lease, end());
  }),

  promise("leases: who gave one up may write no more", async ({ store }) => {
    const { lease } = await start(store, "t");
    await store.runs.release([lease]);
    await refuses(store.runs.record(lease, [eventFact(newEvent("late"))]), "lease_lost");
    await refuses(store.runs.finish(lease, end()), "lease_lost");
    assert.deepEqual((await store.runs.review([lease])).lost, [lease]);
    await refuses(store.threads.delete("t"), "thread_busy");
  }),

  promise(
    "leases: giving up one that was lost takes nothing from its new holder",
    async ({ store, other }) => {
      const { lease } = await start(store, "t", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
      const next = await eventually(() => claimRun(other));
      await store.runs.release([lease]);
      assert.deepEqual((await other.runs.review([next.lease])).lost, []);
      assert.equal(await claimRun(other, { owner: "worker-2" }), undefined);
      await other.runs.finish(next.lease, end());
      await store.runs.release([next.lease]);
      assert.equal(await claimRun(other, { owner: "worker-2" }), undefined);
    },
  ),
];
