import assert from "node:assert/strict";
import type { CancelAction, InterruptRecord, Store } from "../core/ports.ts";
import {
  accepted,
  answered,
  type ContractCase,
  claimRun,
  dataOf,
  later,
  newEvent,
  observe,
  openIds,
  pause,
  promise,
  runStatus,
  start,
  statusOf,
} from "./contract-support.ts";

function requestCancel(store: Store, runIds: string[] | undefined, action: CancelAction = "interrupt") {
  const requested = ({ interruptId }: InterruptRecord) => newEvent({ askedAgain: interruptId });
  return store.runs.requestCancel("t", runIds, { action, at: later(), requested });
}

export const cancelCases: readonly ContractCase[] = [
  promise("cancel: a run that waits ends here and now, an active one is asked", async ({ store, other }) => {
    const { run: active } = await start(store, "t");
    const { run: waiting } = await accepted(store, "t");
    const { run: bystander } = await accepted(store, "t");
    const outcome = await requestCancel(other, [waiting.runId, active.runId]);
    assert.deepEqual(outcome, { ended: [waiting.runId], asked: [active.runId], reopened: [] });
    assert.equal(await runStatus(store, waiting), "interrupted");
    const asked = await store.runs.find("t", active.runId);
    assert.deepEqual([asked?.status, asked?.cancelRequested], ["running", "interrupt"]);
    assert.equal(await runStatus(store, bystander), "pending");
  }),

  promise("cancel: without ids, every run that has not ended", async ({ store }) => {
    const { run: active } = await start(store, "t");
    const { run: first } = await accepted(store, "t");
    const { run: second } = await accepted(store, "t");
    const { ended, asked } = await requestCancel(store, undefined, "rollback");
    assert.deepEqual([ended, asked], [[first.runId, second.runId], [active.runId]]);
    assert.equal((await store.runs.find("t", active.runId))?.cancelRequested, "rollback");
  }),

  promise(
    "cancel: to stop at once takes the place of stopping after the step, and never the other way round",
    async ({ store, other }) => {
      const { run, lease } = await start(store, "t");
      const asked = async () => (await other.runs.find("t", run.runId))?.cancelRequested;
      for (const [action, stands] of [
        ["step", "step"],
        ["interrupt", "interrupt"],
        ["step", "interrupt"],
      ] as const) {
        assert.deepEqual((await requestCancel(store, [run.runId], action)).asked, [run.runId]);
        assert.equal(await asked(), stands);
        const { cancelled } = await other.runs.review([lease]);
        assert.deepEqual(cancelled, [{ lease, action: stands }]);
      }
      const { run: waiting } = await accepted(store, "t");
      assert.deepEqual((await requestCancel(store, [waiting.runId], "step")).ended, [waiting.runId]);
    },
  ),

  promise("cancel: unknown runs, runs that ended and unknown threads are left alone", async ({ store }) => {
    const run = await pause(store, "t", ["i"]);
    const before = await observe(store, "t");
    const nothing = { ended: [], asked: [], reopened: [] };
    assert.deepEqual(await requestCancel(store, [run.runId, "unknown"]), nothing);
    assert.deepEqual(await requestCancel(store, []), nothing);
    assert.deepEqual(await observe(store, "t"), before);
    const requested = () => newEvent("again");
    const request = { action: "interrupt", at: later(), requested } as const;
    assert.deepEqual(await store.runs.requestCancel("nobody", undefined, request), nothing);
  }),

  promise(
    "cancel: an answer that never reached the graph is taken back, and asked again",
    async ({ store }) => {
      await pause(store, "t", ["i", "j"]);
      const { run } = await answered(store, "t", ["i"]);
      const { ended, reopened } = await requestCancel(store, undefined);
      assert.deepEqual([ended, dataOf(reopened)], [[run.runId], [{ askedAgain: "i" }]]);
      assert.equal(reopened[0]?.seq, await store.log.lastSeq("t"));
      assert.deepEqual(await openIds(store, "t"), ["i", "j"]);
      assert.equal(await statusOf(store, "t"), "interrupted");
      assert.equal(await claimRun(store), undefined);
      await answered(store, "t", ["i", "j"]);
    },
  ),

  promise(
    "cancel: a run is either ended before it starts or asked to stop after",
    async ({ store, other }) => {
      for (let round = 0; round < 15; round += 1) {
        const { run } = await accepted(store, "t");
        const [outcome, found] = await Promise.all([
          requestCancel(store, [run.runId]),
          claimRun(other, { owner: `worker-${round}` }),
        ]);
        const now = await store.runs.find("t", run.runId);
        if (found === undefined) {
          assert.deepEqual([outcome.ended, now?.status], [[run.runId], "interrupted"]);
        } else {
          assert.deepEqual(
            [outcome.asked, now?.status, now?.cancelRequested],
            [[run.runId], "running", "interrupt"],
          );
          await other.runs.finish(found.lease, {
            ...{ status: "interrupted", error: null, facts: [], reopen: [], supersede: [], at: later() },
          });
        }
      }
    },
  ),
];
