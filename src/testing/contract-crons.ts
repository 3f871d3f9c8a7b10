import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { CronRecord, CronSearch, CronTick, NewCron, Store } from "../core/ports.ts";
import {
  accept,
  accepted,
  type ContractCase,
  claimed,
  claimOf,
  end,
  interruptFact,
  later,
  leaseOf,
  newInterrupt,
  newRun,
  pause,
  promise,
  refuses,
  start,
  together,
} from "./contract-support.ts";

const user = { identity: "ana", permissions: ["letters"] };

function newCron(changes: Partial<NewCron> = {}): NewCron {
  return {
    cronId: randomUUID(),
    owner: null,
    userId: null,
    threadId: null,
    assistantId: "assistant",
    schedule: "* * * * *",
    timezone: null,
    endTime: null,
    enabled: true,
    onRunCompleted: "delete",
    metadata: {},
    payload: {},
    start: {},
    nextAt: later(),
    at: later(),
    ...changes,
  };
}

/** The next tick of a cron as it stands, and what comes after it. */
const tickOf = ({ cronId, version, nextAt }: CronRecord, changes: Partial<CronTick> = {}): CronTick => ({
  cronId,
  version,
  tickedAt: nextAt ?? later(),
  nextAt: later(),
  ...changes,
});

const find = async (store: Store, { cronId }: CronRecord) => {
  const cron = await store.crons.find(cronId);
  assert.ok(cron, "the cron is gone");
  return cron;
};

const rowCases: readonly ContractCase[] = [
  promise("crons: what is created is found as it was, by every process", async ({ store, other }) => {
    await accepted(store, "t");
    const all = newCron({
      ...{ owner: "ana", userId: "ana", threadId: "t", timezone: "Europe/Berlin", endTime: later() },
      ...{ enabled: false, onRunCompleted: "keep", metadata: { a: [1, { b: null }] } },
      ...{ payload: { input: { x: 1 } }, start: { options: { user } }, nextAt: null },
    });
    const { at, ...said } = all;
    const made = await store.crons.create(all);
    assert.deepEqual(made, { ...said, version: 1, tickedAt: null, createdAt: at, updatedAt: at });
    assert.deepEqual(await other.crons.find(all.cronId), made);
    assert.equal(await other.crons.find("none"), undefined);
    await refuses(store.crons.create(newCron({ threadId: "nobody" })), "no_such_thread");
  }),

  promise(
    "crons: a change counts once, and only at the version it was made for",
    async ({ store, other }) => {
      const cron = await store.crons.create(newCron({ metadata: { a: 1 } }));
      const at = later();
      const changed = await other.crons.update(
        cron,
        { enabled: false, metadata: { b: 2 }, nextAt: null },
        at,
      );
      const expected = { enabled: false, metadata: { b: 2 }, nextAt: null, version: 2, updatedAt: at };
      assert.deepEqual(changed, { ...cron, ...expected });
      assert.equal(await store.crons.update(cron, { schedule: "@daily" }, later()), undefined);
      assert.deepEqual(await find(store, cron), changed);
      const outcomes = await together({ store, other }, 6, (one, index) =>
        one.crons.update(changed as CronRecord, { schedule: `${index} * * * *` }, later()),
      );
      assert.equal(outcomes.filter((outcome) => outcome !== undefined).length, 1);
      assert.equal(await store.crons.delete(cron.cronId), true);
      assert.equal(await other.crons.delete(cron.cronId), false);
      assert.equal(await store.crons.update(changed as CronRecord, { enabled: true }, later()), undefined);
    },
  ),

  promise("crons: those of a thread go with it, and are not copied", async ({ store }) => {
    const { lease } = await start(store, "t");
    await store.runs.finish(lease, end());
    const cron = await store.crons.create(newCron({ threadId: "t" }));
    const alone = await store.crons.create(newCron());
    await store.threads.delete("t");
    assert.equal(await store.crons.find(cron.cronId), undefined);
    assert.ok(await store.crons.find(alone.cronId));
  }),

  promise("crons: found by assistant, thread, owner, metadata and whether enabled", async ({ store }) => {
    await accepted(store, "t");
    const mine = await store.crons.create(
      newCron({ owner: "ana", metadata: { team: { id: 1 } }, nextAt: 5 }),
    );
    const threads = await store.crons.create(newCron({ threadId: "t", assistantId: "b", nextAt: 4 }));
    const off = await store.crons.create(newCron({ owner: "ben", enabled: false, nextAt: null }));
    const search = async (changes: Partial<CronSearch>) => {
      const { limit = 10, offset = 0, sortBy = "created_at", sortOrder = "asc", ...filter } = changes;
      const found = await store.crons.search({ limit, offset, sortBy, sortOrder, ...filter });
      if (limit === 10) assert.equal(await store.crons.count(filter), found.length);
      return found.map(({ cronId }) => cronId);
    };
    const [a, b, c] = [mine.cronId, threads.cronId, off.cronId];
    assert.deepEqual(await search({}), [a, b, c]);
    assert.deepEqual(await search({ owner: "ana" }), [a, b]);
    assert.deepEqual(await search({ threadId: "t" }), [b]);
    assert.deepEqual(await search({ assistantId: "assistant" }), [a, c]);
    assert.deepEqual(await search({ enabled: false }), [c]);
    assert.deepEqual(await search({ metadata: { team: { id: 1 } } }), [a]);
    assert.deepEqual(await search({ metadata: { team: {} } }), []);
    assert.deepEqual(await search({ sortBy: "next_run_date" }), [b, a, c]);
    assert.deepEqual(await search({ sortBy: "next_run_date", sortOrder: "desc" }), [a, b, c]);
    assert.deepEqual(await search({ sortBy: "thread_id", limit: 1 }), [b]);
    assert.deepEqual(await search({ limit: 1, offset: 1 }), [b]);
  }),

  promise(
    "crons: what is due is listed, longest overdue first, and what is switched off is not",
    async ({ store }) => {
      const [first, second, third] = [later(), later(), later()];
      const b = await store.crons.create(newCron({ nextAt: second }));
      const a = await store.crons.create(newCron({ nextAt: first }));
      await store.crons.create(newCron({ nextAt: first, enabled: false }));
      await store.crons.create(newCron({ nextAt: null }));
      await store.crons.create(newCron({ nextAt: third }));
      const due = async (now: number, limit = 10) =>
        (await store.crons.listDue(now, limit)).map(({ cronId }) => cronId);
      assert.deepEqual(await due(second), [a.cronId, b.cronId]);
      assert.deepEqual(await due(second, 1), [a.cronId]);
      assert.deepEqual(await due(first - 1), []);
    },
  ),
];

const tickCases: readonly ContractCase[] = [
  promise("crons: of all who pass a tick at once, one starts its run", async (stores) => {
    const cron = await stores.store.crons.create(newCron());
    const tick = tickOf(cron);
    const outcomes = await together(stores, 8, (store, index) => accept(store, `t${index}`, { tick }));
    const types = outcomes.map(({ type }) => type).toSorted();
    assert.deepEqual(types, ["accepted", ...Array.from({ length: 7 }, () => "taken")]);
    const threads = await stores.store.threads.search({
      ...{ limit: 10, offset: 0, sortBy: "created_at", sortOrder: "asc" },
    });
    assert.equal(threads.length, 1, "a tick that was taken left something behind");
    const { tickedAt, nextAt, version, updatedAt } = await find(stores.other, cron);
    const expected = { tickedAt: tick.tickedAt, nextAt: tick.nextAt, version: 2, updatedAt: cron.updatedAt };
    assert.deepEqual({ tickedAt, nextAt, version, updatedAt }, expected);
  }),

  promise(
    "crons: a tick of a cron that was changed or deleted meanwhile starts nothing",
    async ({ store }) => {
      const cron = await store.crons.create(newCron());
      const tick = tickOf(cron);
      await store.crons.update(cron, { schedule: "@daily" }, later());
      assert.equal((await accept(store, "t", { tick })).type, "taken");
      assert.equal(await store.crons.pass(tick), false);
      await store.crons.delete(cron.cronId);
      assert.equal((await accept(store, "t", { tick: { ...tick, version: 2 } })).type, "taken");
      assert.equal(await store.threads.find("t"), undefined);
    },
  ),

  promise(
    "crons: what refuses the run leaves the tick due, unless the thread is in its way",
    async ({ store }) => {
      const cron = await store.crons.create(newCron());
      const tick = tickOf(cron);
      const threadId = "nobody";
      const none = { threadId, createThread: undefined as never, tick };
      await refuses(accept(store, threadId, none), "no_such_thread");
      assert.deepEqual(await find(store, cron), cron);

      await start(store, "busy");
      assert.equal((await accept(store, "busy", { tick, whenBusy: "reject" })).type, "busy");
      const second = await find(store, cron);
      assert.equal(second.nextAt, tick.nextAt);
      await pause(store, "asks", ["i"]);
      assert.equal((await accept(store, "asks", { tick: tickOf(second) })).type, "open");
      assert.equal((await find(store, cron)).version, 3);
      assert.equal(await store.crons.pass(tickOf(await find(store, cron))), true);
      assert.equal((await find(store, cron)).version, 4);
    },
  ),

  promise(
    "crons: a tick is passed over while the run of the last one has not begun",
    async ({ store, other }) => {
      const { lease } = await start(store, "t");
      const cron = await store.crons.create(newCron({ threadId: "t" }));
      const { run: waiting } = await accepted(store, "t", { tick: tickOf(cron) });
      const again = await accept(other, "t", { tick: tickOf(await find(store, cron)) });
      assert.deepEqual(again, { type: "busy", runId: waiting.runId });
      // Also on a thread of its own, and also after one that was passed over.
      const third = await accept(store, "u", { tick: tickOf(await find(store, cron)) });
      assert.equal(third.type, "busy");
      assert.equal(await store.threads.find("u"), undefined);
      await store.runs.finish(lease, end());
      await claimed(other);
      assert.equal((await accept(store, "t", { tick: tickOf(await find(store, cron)) })).type, "accepted");
    },
  ),

  promise(
    "crons: the thread a tick makes expires, and not while it waits for a person",
    async ({ store, other }) => {
      const ttlMs = 60_000;
      const createThread = { owner: null, metadata: { cron_id: "c" }, ttlMs };
      const { run } = await accepted(store, "asks", { createThread, claim: claimOf() });
      const { run: done } = await accepted(store, "ends", { createThread, claim: claimOf() });
      await pause(store, "kept", ["i"]);
      const far = later() + 100 * ttlMs;
      assert.deepEqual(await other.threads.listExpired(far, 10), []);
      await store.runs.finish(leaseOf(done), end());
      assert.deepEqual(await other.threads.listExpired(far, 10), ["ends"]);
      assert.equal((await store.threads.find("ends"))?.ttlMs, ttlMs);
      await store.runs.finish(leaseOf(run), end({ facts: [interruptFact(newInterrupt("i"), run.runId)] }));
      assert.deepEqual(await other.threads.listExpired(far, 10), ["ends"]);
      assert.equal(await store.threads.delete("asks", far), false);
      await store.threads.delete("ends", far);
      await store.interrupts.close("asks", ["i"], {
        ...{ status: "cancelled", at: later() },
        event: { runId: null, method: "custom", namespace: [], at: later(), data: "{}" },
      });
      assert.deepEqual(await other.threads.listExpired(far, 10), ["asks"]);
    },
  ),

  promise("runs: who asked for it is kept with it", async ({ store, other }) => {
    const { run } = await accepted(store, "t", { run: newRun({ user }) });
    assert.deepEqual(run.user, user);
    assert.deepEqual((await claimed(other)).run.user, user);
    const { run: nobodys } = await accepted(store, "u");
    assert.equal(nobodys.user ?? null, null);
  }),
];

/** What a store promises of schedules. */
export const cronCases: readonly ContractCase[] = [...rowCases, ...tickCases];
