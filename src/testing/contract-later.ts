import assert from "node:assert/strict";
import type { Delivery, Store } from "../core/ports.ts";
import {
  accept,
  accepted,
  answered,
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
  pause,
  promise,
  refuses,
  runStatus,
  start,
  statusOf,
  together,
} from "./contract-support.ts";

const hook = { url: "https://example.com/hook", onInterrupt: false };

const due = async (store: Store, now = later(), limit = 10) => {
  const taken = await store.webhooks.claim(now, { holdMs: 60_000, limit });
  return taken.toSorted((a, b) => a.number - b.number);
};

const causes = (deliveries: Delivery[]) =>
  deliveries.map(({ runId, cause }) => [runId, cause.type === "end" ? "end" : cause.interruptId]);

async function cancel(store: Store, threadId: string): Promise<void> {
  const requested = () => newEvent("again");
  await store.runs.requestCancel(threadId, undefined, { action: "interrupt", at: later(), requested });
}

const delayedCases: readonly ContractCase[] = [
  promise("later: a run is not started before its time, and then it is", async ({ store, other }) => {
    const notBefore = later() + 60_000;
    const { run, started } = await accepted(store, "t", { run: newRun({ notBefore }), claim: claimOf() });
    assert.equal(started, false);
    assert.equal(await claimRun(other), undefined);
    assert.equal(await other.runs.wakeDue(notBefore - 1, 10), 0);
    assert.equal(await statusOf(store, "t"), "idle");
    assert.equal(await other.runs.wakeDue(notBefore, 10), 1);
    assert.equal(await store.runs.wakeDue(notBefore, 10), 0);
    assert.equal(await statusOf(store, "t"), "busy");
    assert.equal((await claimed(store)).run.runId, run.runId);
  }),

  promise(
    "later: until its time a run is in nobody's way, and afterwards it waits its turn",
    async ({ store }) => {
      const notBefore = later() + 60_000;
      const { run: delayed } = await accepted(store, "t", { run: newRun({ notBefore }) });
      const { run, lease } = await start(store, "t", { whenBusy: "reject" });
      await store.runs.wakeDue(notBefore, 10);
      assert.equal(await claimRun(store), undefined);
      const busy = await accept(store, "t", { whenBusy: "reject" });
      assert.equal(busy.type, "busy");
      await store.runs.finish(lease, end());
      assert.notEqual(run.runId, delayed.runId);
      assert.equal((await claimed(store)).run.runId, delayed.runId);
    },
  ),

  promise(
    "later: a run that waits for its time can be stopped, and is stopped for good",
    async ({ store }) => {
      const notBefore = later() + 60_000;
      const { run } = await accepted(store, "t", { run: newRun({ notBefore }) });
      await cancel(store, "t");
      assert.equal(await store.runs.wakeDue(notBefore, 10), 0);
      assert.equal(await runStatus(store, run), "interrupted");
      assert.equal(await claimRun(store), undefined);
    },
  ),

  promise("later: runs that come due wait behind an open question like any other", async ({ store }) => {
    await pause(store, "t", ["i"]);
    const notBefore = later() + 60_000;
    const { run } = await accepted(store, "t", { run: newRun({ notBefore }), whenOpen: "wait" });
    await store.runs.wakeDue(notBefore, 10);
    assert.equal(await claimRun(store), undefined);
    const { run: resume } = await answered(store, "t", ["i"], { claim: claimOf() });
    await store.runs.finish(leaseOf(resume), end());
    assert.equal((await claimed(store)).run.runId, run.runId);
  }),

  promise(
    "later: an answer whose run waits for its time is on its way, and input waits behind it",
    async ({ store, other }) => {
      await pause(store, "t", ["i"]);
      const notBefore = later() + 60_000;
      const run = newRun({ kind: "resume", notBefore });
      const { started } = await answered(store, "t", ["i"], { run, claim: claimOf() });
      assert.equal(started, false);
      assert.equal(await statusOf(other, "t"), "busy");
      assert.equal((await accept(store, "t", { whenBusy: "reject" })).type, "busy");
      const { run: input, started: began } = await accepted(store, "t", { claim: claimOf() });
      assert.equal(began, false);
      assert.equal(await claimRun(other), undefined);
      assert.equal(await other.runs.wakeDue(notBefore, 10), 1);
      const resumed = await claimed(other);
      assert.equal(resumed.run.runId, run.runId);
      await other.runs.finish(resumed.lease, end());
      assert.equal((await claimed(store)).run.runId, input.runId);
    },
  ),

  promise(
    "later: an answer whose run waits for its time is taken back by what takes its place",
    async ({ store }) => {
      await pause(store, "t", ["i"]);
      const run = newRun({ kind: "resume", notBefore: later() + 60_000 });
      await answered(store, "t", ["i"], { run });
      const how = { whenBusy: "interrupt", whenOpen: "supersede", claim: claimOf() } as const;
      const { started, cancelled } = await accepted(store, "t", how);
      assert.deepEqual([started, cancelled], [true, [run.runId]]);
      const [row] = await store.interrupts.find("t", ["i"]);
      assert.equal(row?.status, "superseded");
      assert.equal(await runStatus(store, { ...run, threadId: "t" }), "interrupted");
    },
  ),

  promise("later: another answer does not wait for the time of the first", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const notBefore = later() + 60_000;
    await answered(store, "t", ["i"], { run: newRun({ kind: "resume", notBefore }) });
    const { run } = await answered(store, "t", ["j"], { claim: claimOf() });
    const second = await claimed(store);
    assert.equal(second.run.runId, run.runId);
    await store.runs.finish(second.lease, end());
    assert.equal(await claimRun(store), undefined);
    await store.runs.wakeDue(notBefore, 10);
    assert.equal((await claimed(store)).run.kind, "resume");
  }),

  promise("runs: when the first attempt began is recorded", async ({ store }) => {
    const { run } = await start(store, "now");
    assert.equal(run.startedAt, run.createdAt);
    const { run: waiting } = await accepted(store, "later");
    assert.equal(waiting.startedAt, null);
    assert.equal(typeof (await claimed(store)).run.startedAt, "number");
  }),
];

const unfinishedCases: readonly ContractCase[] = [
  promise(
    "runs: those that have not ended are listed, by thread, by id, by status and by owner",
    async ({ store }) => {
      const mine = { createThread: { owner: "ana", metadata: {} } };
      const { run: first } = await start(store, "a", mine);
      const { run: second } = await accepted(store, "a", mine);
      const { run: third } = await accepted(store, "b", { createThread: { owner: "ben", metadata: {} } });
      const { run: ended, lease } = await start(store, "c");
      await store.runs.finish(lease, end());
      const list = async (filter: Omit<Parameters<Store["runs"]["listUnfinished"]>[0], "limit">) =>
        (await store.runs.listUnfinished({ ...filter, limit: 10 })).map(({ runId }) => runId);
      assert.deepEqual(await list({}), [first.runId, second.runId, third.runId]);
      assert.deepEqual(await list({ owner: "ana" }), [first.runId, second.runId]);
      assert.deepEqual(await list({ status: "pending" }), [second.runId, third.runId]);
      assert.deepEqual(await list({ threadId: "b" }), [third.runId]);
      assert.deepEqual(await list({ runIds: [third.runId, ended.runId] }), [third.runId]);
      assert.equal((await store.runs.listUnfinished({ limit: 1 })).length, 1);
    },
  ),

  promise(
    "runs: one that is deleted is not found, and what it asked and did stays",
    async ({ store, other }) => {
      const run = await pause(store, "t", ["i"]);
      assert.equal(await other.runs.locate(run.runId), "t");
      const before = await observe(store, "t");
      assert.equal(await other.runs.delete("t", run.runId), true);
      assert.equal(await store.runs.delete("t", run.runId), false);
      assert.equal(await store.runs.find("t", run.runId), undefined);
      assert.equal(await store.runs.locate(run.runId), undefined);
      assert.deepEqual({ ...(await observe(store, "t")), runs: before.runs }, before);
      assert.deepEqual(await store.runs.list("t", { limit: 10, offset: 0 }), []);
      const { run: resume } = await answered(store, "t", ["i"], { claim: claimOf() });
      await refuses(store.runs.delete("t", resume.runId), "state_busy");
      assert.equal(await store.runs.delete("t", "none"), false);
      assert.equal(await store.runs.delete("nobody", "none"), false);
    },
  ),
];

const webhookCases: readonly ContractCase[] = [
  promise("webhooks: the end of a run is due with it, whatever ends it", async ({ store, other }) => {
    const { run: ended, lease } = await start(store, "a", { run: newRun({ webhook: hook }) });
    const { run: stopped } = await accepted(store, "b", { run: newRun({ webhook: hook }) });
    const { run: displaced } = await accepted(store, "c", { run: newRun({ webhook: hook }) });
    await accepted(store, "d");
    assert.deepEqual(await due(store), []);
    await store.runs.finish(lease, end({ status: "error", error: { name: "E", message: "m" } }));
    await cancel(store, "b");
    await accepted(store, "c", { whenBusy: "interrupt" });
    await cancel(store, "d");
    const deliveries = await due(other);
    assert.deepEqual(
      causes(deliveries).toSorted(),
      [ended, stopped, displaced].map(({ runId }) => [runId, "end"]).toSorted(),
    );
    assert.equal(deliveries[0]?.url, hook.url);
    assert.deepEqual(
      deliveries.map(({ body, attempt }) => [body, attempt]),
      Array(3).fill([null, 1]),
    );
  }),

  promise("webhooks: a question is due when it is opened, if that is wanted, and once", async ({ store }) => {
    const { run, lease } = await start(store, "t", {
      run: newRun({ webhook: { ...hook, onInterrupt: true } }),
    });
    const facts = ["i", "j", "i"].map((id) => interruptFact(newInterrupt(id), run.runId));
    await store.runs.record(lease, facts);
    assert.deepEqual(causes(await due(store)), [
      [run.runId, "i"],
      [run.runId, "j"],
    ]);
    const { run: silent, lease: other } = await start(store, "u", { run: newRun({ webhook: hook }) });
    await store.runs.finish(other, end({ facts: [interruptFact(newInterrupt("i"), silent.runId)] }));
    assert.deepEqual(causes(await due(store)), [[silent.runId, "end"]]);
  }),

  promise(
    "webhooks: what is taken is held, then due again, until it is removed",
    async ({ store, other }) => {
      const { lease } = await start(store, "t", { run: newRun({ webhook: hook }) });
      await store.runs.finish(lease, end());
      const now = later();
      const [first] = await due(store, now);
      assert.ok(first);
      await store.webhooks.keepBody(first.number, '{"body":"\\u0000"}');
      assert.deepEqual(await due(other, now + 59_999), []);
      const [second] = await due(other, now + 60_000);
      assert.deepEqual([second?.attempt, second?.body], [2, '{"body":"\\u0000"}']);
      await store.webhooks.retry(first, now);
      assert.deepEqual(await due(store, now + 60_500), []);
      await other.webhooks.retry({ number: first.number, attempt: 2 }, now + 65_000);
      assert.deepEqual(await due(store, now + 64_999), []);
      await store.threads.delete("t");
      assert.equal((await due(store, now + 65_000)).length, 1);
      await store.webhooks.remove(first.number);
      assert.deepEqual(await due(store, now + 1e9), []);
    },
  ),

  promise("webhooks: of several who ask, each gets others", async (stores) => {
    for (let index = 0; index < 10; index += 1) {
      const { lease } = await start(stores.store, `t${index}`, { run: newRun({ webhook: hook }) });
      await stores.store.runs.finish(lease, end());
    }
    const now = later();
    const taken = await together(stores, 10, (store) => due(store, now, 1));
    const rest = await due(stores.store, now);
    const numbers = [...taken.flat(), ...rest].map(({ number }) => number);
    assert.equal(new Set(numbers).size, 10);
    assert.equal(numbers.length, 10);
  }),
];

export const laterCases: readonly ContractCase[] = [...delayedCases, ...unfinishedCases, ...webhookCases];
