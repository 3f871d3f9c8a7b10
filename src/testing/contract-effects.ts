import assert from "node:assert/strict";
import type { EffectRecord, Lease, NewEffect, Store } from "../core/ports.ts";
import {
  answered,
  type ContractCase,
  claimOf,
  claimRun,
  end,
  eventually,
  interruptFact,
  later,
  leaseOf,
  newInterrupt,
  promise,
  refuses,
  start,
  together,
} from "./contract-support.ts";

function newEffect(key: string, changes: Partial<NewEffect> = {}): NewEffect {
  return { key, namespace: "run_step:1", idempotent: false, about: { tool: key }, at: later(), ...changes };
}

const settle = (store: Store, lease: Lease, [key, status]: [string, "finished" | "failed" | "in_doubt"]) =>
  store.effects.end(lease, key, { status, result: { [key]: status }, at: later() });

const unsettled = async (store: Store, threadId = "t") =>
  (await store.effects.listUnsettled(threadId)).map(({ key, status }) => [key, status]);

/** A run whose lease was lost, and its next attempt elsewhere. */
async function lose(store: Store, other: Store, effects: NewEffect[]) {
  const { run, lease } = await start(store, "t", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
  for (const effect of effects) await store.effects.start(lease, effect);
  const next = await eventually(() => claimRun(other));
  return { run, lease, next: next.lease };
}

const starting: readonly ContractCase[] = [
  promise("effects: a new one starts, and is there to be seen", async ({ store, other }) => {
    const { run, lease } = await start(store, "t");
    const effect = newEffect("e");
    assert.equal(await store.effects.start(lease, effect), undefined);
    const { at, ...about } = effect;
    const row: EffectRecord = {
      ...about,
      runId: run.runId,
      attempt: 1,
      status: "started",
      result: null,
      startedAt: at,
      endedAt: null,
    };
    assert.deepEqual(await other.effects.listUnsettled("t"), [row]);
    assert.deepEqual(await other.effects.listOfRun("t", run.runId), [row]);
    assert.deepEqual(await other.effects.start(lease, newEffect("e")), row);
  }),

  promise("effects: one that finished does not start again, and its result is there", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    for (const idempotent of [false, true]) {
      const key = `e-${idempotent}`;
      await store.effects.start(lease, newEffect(key, { idempotent }));
      await settle(store, lease, [key, "finished"]);
      const before = await store.effects.start(lease, newEffect(key, { idempotent }));
      assert.deepEqual(
        [before?.status, before?.result, before?.runId],
        ["finished", { [key]: "finished" }, run.runId],
      );
    }
    assert.deepEqual(await unsettled(store), []);
  }),

  promise("effects: one that failed starts again", async ({ store }) => {
    const { lease } = await start(store, "t");
    await store.effects.start(lease, newEffect("e"));
    await settle(store, lease, ["e", "failed"]);
    assert.deepEqual(await unsettled(store), []);
    assert.equal(await store.effects.start(lease, newEffect("e", { about: "again" })), undefined);
    const [row] = await store.effects.listUnsettled("t");
    assert.deepEqual([row?.status, row?.about, row?.result], ["started", "again", null]);
  }),

  promise("effects: one in doubt starts again only if twice is as good as once", async ({ store }) => {
    const { lease } = await start(store, "t");
    for (const key of ["once", "often"]) {
      await store.effects.start(lease, newEffect(key, { idempotent: key === "often" }));
      await settle(store, lease, [key, "in_doubt"]);
    }
    assert.equal((await store.effects.start(lease, newEffect("once")))?.status, "in_doubt");
    assert.equal(await store.effects.start(lease, newEffect("often", { idempotent: true })), undefined);
    assert.deepEqual(await unsettled(store), [["once", "in_doubt"]]);
  }),

  promise(
    "effects: what another attempt started is in the way; unless twice is as good as once",
    async (stores) => {
      const { store, other } = stores;
      const often = { idempotent: true };
      const { next } = await lose(store, other, [newEffect("once"), newEffect("often", often)]);
      const before = await other.effects.start(next, newEffect("once"));
      assert.deepEqual([before?.status, before?.attempt], ["started", 1]);
      assert.equal(await other.effects.start(next, newEffect("often", often)), undefined);
    },
  ),

  promise("effects: a key is the thread's, also over runs", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    await store.effects.start(lease, newEffect("e"));
    await settle(store, lease, ["e", "finished"]);
    await store.runs.finish(lease, end());
    const second = await start(store, "t");
    assert.equal((await store.effects.start(second.lease, newEffect("e")))?.runId, run.runId);
    const elsewhere = await start(store, "u");
    assert.equal(await store.effects.start(elsewhere.lease, newEffect("e")), undefined);
    assert.deepEqual(await store.effects.listOfRun("t", second.run.runId), []);
    assert.equal((await store.effects.listOfRun("t", run.runId)).length, 1);
  }),

  promise("effects: of many who start the same at once, one does", async (stores) => {
    const { lease } = await start(stores.store, "t");
    const outcomes = await together(stores, 20, (store) => store.effects.start(lease, newEffect("e")));
    assert.equal(outcomes.filter((outcome) => outcome === undefined).length, 1);
  }),

  promise("effects: none starts without the lease", async ({ store }) => {
    const { lease } = await start(store, "t");
    await store.runs.finish(lease, end());
    await refuses(store.effects.start(lease, newEffect("e")), "lease_lost");
    assert.deepEqual(await unsettled(store), []);
  }),
];

const finding: readonly ContractCase[] = [
  promise(
    "effects: those with these keys are found, as they stand, oldest first",
    async ({ store, other }) => {
      const { lease } = await start(store, "t");
      for (const key of ["c", "a", "b", "d"]) await store.effects.start(lease, newEffect(key));
      await settle(store, lease, ["a", "finished"]);
      await settle(store, lease, ["b", "in_doubt"]);
      const elsewhere = await start(store, "u");
      await store.effects.start(elsewhere.lease, newEffect("a"));
      const found = await other.effects.find("t", ["a", "b", "c", "nobody's"]);
      assert.deepEqual(
        found.map(({ key, status, result }) => [key, status, result]),
        [
          ["c", "started", null],
          ["a", "finished", { a: "finished" }],
          ["b", "in_doubt", { b: "in_doubt" }],
        ],
      );
      assert.deepEqual(await other.effects.find("t", []), []);
      assert.deepEqual(await other.effects.find("nobody", ["a"]), []);
    },
  ),
];

const listing: readonly ContractCase[] = [
  promise(
    "effects: all of a thread are listed, oldest first, page by page, without results",
    async ({ store, other }) => {
      const { run, lease } = await start(store, "t");
      for (const key of ["c", "a", "b"]) await store.effects.start(lease, newEffect(key));
      const at = later();
      await store.effects.end(lease, "a", { status: "finished", result: "x".repeat(100_000), at });
      const elsewhere = await start(store, "u");
      await store.effects.start(elsewhere.lease, newEffect("d"));
      const found = await other.effects.list("t", { limit: 10, offset: 0 });
      assert.deepEqual(
        found.map(({ key, status, endedAt, runId }) => [key, status, endedAt, runId]),
        [
          ["c", "started", null, run.runId],
          ["a", "finished", at, run.runId],
          ["b", "started", null, run.runId],
        ],
      );
      for (const effect of found) assert.equal("result" in effect, false);
      assert.deepEqual(await other.effects.list("t", { limit: 1, offset: 1 }), [found[1]]);
      assert.deepEqual(await other.effects.list("nobody", { limit: 10, offset: 0 }), []);
    },
  ),

  promise("effects: one that starts again has no end until it ends again", async ({ store }) => {
    const { lease } = await start(store, "t");
    await store.effects.start(lease, newEffect("e"));
    await settle(store, lease, ["e", "failed"]);
    const ends = async () => (await store.effects.find("t", ["e"])).map(({ endedAt }) => endedAt === null);
    assert.deepEqual(await ends(), [false]);
    await store.effects.start(lease, newEffect("e"));
    assert.deepEqual(await ends(), [true]);
  }),
];

const ending: readonly ContractCase[] = [
  promise("effects: how one ended is recorded also when the lease is gone", async ({ store, other }) => {
    const { lease, next } = await lose(store, other, [newEffect("e")]);
    await settle(store, lease, ["e", "finished"]);
    const before = await other.effects.start(next, newEffect("e"));
    assert.deepEqual([before?.status, before?.result], ["finished", { e: "finished" }]);
  }),

  promise(
    "effects: how one ended is ignored once another attempt has started it",
    async ({ store, other }) => {
      const often = newEffect("e", { idempotent: true });
      const { lease, next } = await lose(store, other, [often]);
      await other.effects.start(next, often);
      await settle(store, lease, ["e", "failed"]);
      const [row] = await other.effects.listOfRun("t", next.runId);
      assert.deepEqual([row?.status, row?.attempt], ["started", 2]);
      await settle(other, next, ["e", "finished"]);
      assert.equal((await other.effects.listOfRun("t", next.runId))[0]?.status, "finished");
    },
  ),

  promise("effects: the end of one that nobody started is nothing", async ({ store }) => {
    const { run, lease } = await start(store, "t");
    await settle(store, lease, ["e", "finished"]);
    assert.deepEqual(await store.effects.listOfRun("t", run.runId), []);
  }),

  promise("effects: those that may have happened are listed, oldest first", async ({ store }) => {
    const { lease } = await start(store, "t");
    const started = ["d", "a", "c", "b", "e"].map((key) => newEffect(key, { idempotent: key === "e" }));
    for (const effect of started) await store.effects.start(lease, effect);
    await settle(store, lease, ["a", "finished"]);
    await settle(store, lease, ["c", "in_doubt"]);
    assert.deepEqual(await unsettled(store), [
      ["d", "started"],
      ["c", "in_doubt"],
      ["b", "started"],
    ]);
    assert.deepEqual(await unsettled(store, "nobody"), []);
    const ofRun = await store.effects.listOfRun("t", lease.runId);
    assert.deepEqual(
      ofRun.map(({ key }) => key),
      ["d", "a", "c", "b", "e"],
    );
  }),
];

/** A run that stopped at a doubt about the effect `e`, which it had started. */
async function doubt(store: Store): Promise<Lease> {
  const { run, lease } = await start(store, "t");
  await store.effects.start(lease, newEffect("e"));
  const interrupt = newInterrupt("doubt", { source: "effect", effectKey: "e" });
  await store.runs.finish(lease, end({ facts: [interruptFact(interrupt, run.runId)] }));
  return lease;
}

type Resolution = { status: "failed" | "finished" | "skipped" | "in_doubt"; result: string | null };

async function resolve(store: Store, { status, result }: Resolution): Promise<Lease> {
  const { run } = await answered(store, "t", ["doubt"], {
    claim: claimOf(),
    resolve: [{ key: "e", status, result }],
  });
  return leaseOf(run);
}

const resolving: readonly ContractCase[] = [
  promise("effects: an answer settles what was in doubt", async ({ store }) => {
    for (const status of ["finished", "skipped", "in_doubt"] as const) {
      await store.threads.delete("t");
      await doubt(store);
      const lease = await resolve(store, { status, result: "by hand" });
      const before = await store.effects.start(lease, newEffect("e"));
      assert.deepEqual([before?.status, before?.result], [status, "by hand"]);
      assert.equal((await unsettled(store)).length, status === "in_doubt" ? 1 : 0);
      await store.runs.finish(lease, end());
    }
  }),

  promise("effects: to try again is an answer, too", async ({ store }) => {
    await doubt(store);
    const lease = await resolve(store, { status: "failed", result: null });
    assert.equal(await store.effects.start(lease, newEffect("e")), undefined);
  }),

  promise("effects: not even the idempotent one that was skipped starts again", async ({ store }) => {
    await doubt(store);
    const lease = await resolve(store, { status: "skipped", result: null });
    assert.equal((await store.effects.start(lease, newEffect("e", { idempotent: true })))?.status, "skipped");
  }),

  promise("effects: one that has finished meanwhile stays so, whatever the answer", async ({ store }) => {
    const old = await doubt(store);
    await settle(store, old, ["e", "finished"]);
    const lease = await resolve(store, { status: "failed", result: null });
    const before = await store.effects.start(lease, newEffect("e"));
    assert.deepEqual([before?.status, before?.result], ["finished", { e: "finished" }]);
  }),

  promise(
    "effects: one that finishes after somebody said to try again, and before anyone did, has finished",
    async ({ store }) => {
      const old = await doubt(store);
      const lease = await resolve(store, { status: "failed", result: null });
      await settle(store, old, ["e", "finished"]);
      assert.equal((await store.effects.start(lease, newEffect("e")))?.status, "finished");
    },
  ),
];

const overruling: readonly ContractCase[] = [
  promise(
    "effects: what somebody said of one is not taken back by whoever only knows that it failed",
    async ({ store, other }) => {
      for (const said of ["skipped", "failed"] as const) {
        for (const known of ["failed", "in_doubt"] as const) {
          await store.threads.delete("t");
          const old = await doubt(store);
          const lease = await resolve(store, { status: said, result: null });
          await settle(other, old, ["e", known]);
          const before = await store.effects.start(lease, newEffect("e"));
          assert.equal(before?.status, said === "failed" ? undefined : said, `${said}, then ${known}`);
          await store.runs.finish(lease, end());
        }
      }
    },
  ),
];

export const effectCases: readonly ContractCase[] = [
  ...starting,
  ...finding,
  ...listing,
  ...ending,
  ...resolving,
  ...overruling,
];
