import assert from "node:assert/strict";
import type { RunEnd } from "../core/ports.ts";
import {
  accepted,
  answered,
  type ContractCase,
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

const folded = (data: string, foldKey: string, changes = {}) =>
  eventFact(newEvent(data, { foldKey, ...changes }));
const stateOf = (data: string) => folded(data, "values/", { method: "values", isRef: true });

const ends: readonly ContractCase[] = [
  promise("finish: the run ends with its last events, and its thread is idle", async ({ store, other }) => {
    const { run, lease } = await start(store, "t");
    const before = await store.threads.find("t");
    const at = later();
    const facts = [eventFact(newEvent("last")), eventFact(newEvent("over", { runId: run.runId }))];
    const events = await store.runs.finish(lease, end({ facts, at }));
    assert.deepEqual(dataOf(events), ["last", "over"]);
    assert.deepEqual(dataOf(await other.log.read("t", 0, 10)).slice(-2), ["last", "over"]);
    const ended = await other.runs.find("t", run.runId);
    assert.deepEqual([ended?.status, ended?.error, ended?.updatedAt], ["success", null, at]);
    const thread = await other.threads.find("t");
    assert.deepEqual([thread?.status, thread?.error], ["idle", null]);
    assert.deepEqual([before?.stateUpdatedAt === at, thread?.stateUpdatedAt], [false, at]);
    assert.equal(await claimRun(store, { owner: "worker-2" }), undefined);
  }),

  promise("finish: a run that has ended shows what it was given", async ({ store, other }) => {
    for (const text of ["short", "long ".repeat(1_000)]) {
      const kwargs = { input: { messages: [{ type: "human", content: text }] }, config: { tags: ["ü"] } };
      const { run, lease } = await start(store, `t${text.length}`, { run: newRun({ kwargs }) });
      await store.runs.finish(lease, end());
      assert.deepEqual((await other.runs.find(run.threadId, run.runId))?.kwargs, kwargs);
      const [listed] = await other.runs.list(run.threadId, { limit: 10, offset: 0 });
      assert.deepEqual(listed?.kwargs, kwargs);
    }
  }),

  promise(
    "finish: a run may end as error, interrupted or timeout, and the thread says why",
    async ({ store }) => {
      const error = { name: "TypeError", message: "it broke" };
      const statuses: [RunEnd["status"], RunEnd["error"], string][] = [
        ["error", error, "error"],
        ["timeout", error, "error"],
        ["interrupted", null, "idle"],
      ];
      for (const [status, why, threadStatus] of statuses) {
        const { run, lease } = await start(store, "t");
        assert.deepEqual(
          [await statusOf(store, "t"), (await store.threads.find("t"))?.error],
          ["busy", null],
        );
        await store.runs.finish(lease, end({ status, error: why }));
        const ended = await store.runs.find("t", run.runId);
        assert.deepEqual([ended?.status, ended?.error], [status, why]);
        const thread = await store.threads.find("t");
        assert.deepEqual([thread?.status, thread?.error], [threadStatus, why]);
      }
    },
  ),

  promise("finish: a run ends once", async (stores) => {
    const { run, lease } = await start(stores.store, "t");
    const outcomes = await together(stores, 8, async (store, index) => {
      const status = index % 2 === 0 ? "success" : "error";
      return store.runs.finish(lease, end({ status, facts: [eventFact(newEvent(index))] })).then(
        () => index,
        () => undefined,
      );
    });
    const through = outcomes.filter((one) => one !== undefined);
    assert.equal(through.length, 1);
    assert.deepEqual(dataOf(await stores.store.log.read("t", 1, 10)), through);
    await refuses(stores.store.runs.finish(lease, end()), "lease_lost");
    assert.notEqual(await runStatus(stores.store, run), "running");
  }),

  promise(
    "finish: no seq is given twice, however much of the log was put away by the ends of runs",
    async ({ store, other }) => {
      const given: number[] = [];
      for (let run = 0; run < 40; run += 1) {
        const { lease } = await start(store, "t");
        const facts = [1, 2, 3].map((place) => folded(`${run}/${place}`, place < 3 ? "part" : `over/${run}`));
        given.push(...(await store.runs.record(lease, facts)).map(({ seq }) => seq));
        const ended = await store.runs.finish(lease, end({ facts: [eventFact(newEvent(`end ${run}`))] }));
        given.push(...ended.map(({ seq }) => seq));
        assert.equal(await other.log.lastSeq("t"), given.at(-1));
      }
      const [after] = await other.log.append("t", [newEvent("after")]);
      given.push(after?.seq ?? 0);
      assert.deepEqual(
        given,
        [...new Set(given)].toSorted((a, b) => a - b),
      );
      const log = await store.log.read("t", 0, 10_000);
      const seqs = log.map(({ seq }) => seq);
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].toSorted((a, b) => a - b),
      );
      assert.equal(log.filter(({ data }) => data.includes("end ")).length, 40);
      assert.equal(seqs.at(-1), given.at(-1));
    },
  ),

  promise("finish: when one fact fails, the run has not ended", async ({ store }) => {
    const { lease } = await start(store, "t");
    const before = await observe(store, "t");
    const impossible = { ...newEvent(null), data: null as unknown as string };
    const facts = [eventFact(newEvent("last")), eventFact(impossible)];
    await assert.rejects(store.runs.finish(lease, end({ facts })));
    assert.deepEqual(await observe(store, "t"), before);
    await store.runs.finish(lease, end());
  }),

  promise(
    "finish: with questions open the thread is interrupted, also when input waits behind them",
    async ({ store }) => {
      await pause(store, "t", ["i"]);
      assert.equal(await statusOf(store, "t"), "interrupted");
      await accepted(store, "t", { whenOpen: "wait" });
      assert.equal(await statusOf(store, "t"), "interrupted");
      await answered(store, "t", ["i"]);
      assert.equal(await statusOf(store, "t"), "busy");
    },
  ),

  promise("finish: with the next run waiting the thread stays busy", async ({ store }) => {
    const { lease } = await start(store, "t");
    const { run } = await accepted(store, "t");
    await store.runs.finish(lease, end());
    assert.equal(await statusOf(store, "t"), "busy");
    assert.equal((await claimRun(store))?.run.runId, run.runId);
  }),

  promise("finish: runs are listed newest first, by status and page", async ({ store }) => {
    const ids = [];
    for (let index = 0; index < 3; index += 1) {
      const { run, lease } = await start(store, "t");
      ids.push(run.runId);
      await store.runs.finish(lease, end({ status: index === 1 ? "error" : "success" }));
    }
    await start(store, "u");
    const list = async (filter: object) =>
      (await store.runs.list("t", { limit: 10, offset: 0, ...filter })).map(({ runId }) => runId);
    assert.deepEqual(await list({}), ids.toReversed());
    assert.deepEqual(await list({ status: "success" }), [ids[2], ids[0]]);
    assert.deepEqual(await list({ limit: 1, offset: 1 }), [ids[1]]);
    assert.deepEqual(await list({ status: "running" }), []);
    assert.equal(await store.runs.find("u", ids[0] ?? ""), undefined);
  }),
];

const interrupts: readonly ContractCase[] = [
  promise("finish: answers that the engine refused are taken back", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const { run } = await answered(store, "t", ["i", "j"], { claim: claimOf() });
    const error = { name: "Refused", message: "not pending" };
    await store.runs.finish(leaseOf(run), end({ status: "error", error, reopen: ["i"] }));
    assert.deepEqual(await openIds(store, "t"), ["i"]);
    const [row] = await store.interrupts.find("t", ["i"]);
    assert.deepEqual([row?.status, row?.answer], ["open", null]);
    assert.equal(await statusOf(store, "t"), "interrupted");
    await answered(store, "t", ["i"], { claim: claimOf() });
  }),

  promise("finish: also those given by expiry; but only those of this run", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const first = await answered(store, "t", ["i"], { claim: claimOf() });
    await store.runs.finish(leaseOf(first.run), end());
    const { run } = await answered(store, "t", ["j"], { claim: claimOf(), status: "expired" });
    await store.runs.finish(leaseOf(run), end({ reopen: ["i", "j", "unknown"] }));
    assert.deepEqual(await openIds(store, "t"), ["j"]);
  }),

  promise("finish: questions the graph no longer asks are superseded", async ({ store }) => {
    await pause(store, "t", ["i", "j"]);
    const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
    const facts = [interruptFact(newInterrupt("k"), run.runId)];
    await store.runs.finish(leaseOf(run), end({ facts, supersede: ["j", "unknown"] }));
    assert.deepEqual(await openIds(store, "t"), ["k"]);
    const [row] = await store.interrupts.find("t", ["j"]);
    assert.equal(row?.status, "superseded");
  }),
];

const folding: readonly ContractCase[] = [
  promise("finish: of a run's events with one key only the last stays", async ({ store, other }) => {
    const { lease } = await start(store, "t");
    await store.runs.record(lease, [folded("a1", "a"), folded("b1", "b"), eventFact(newEvent("plain"))]);
    await store.runs.record(lease, [folded("a2", "a"), stateOf("s1")]);
    assert.equal((await store.log.read("t", 1, 10)).length, 5);
    await store.runs.finish(lease, end({ facts: [folded("b2", "b"), folded("a3", "a"), stateOf("s2")] }));
    const log = await other.log.read("t", 1, 10);
    assert.deepEqual(dataOf(log), ["plain", "b2", "a3", "s2"]);
    assert.deepEqual(
      log.map(({ seq }) => seq),
      [4, 7, 8, 9],
    );
    assert.equal(await other.log.lastSeq("t"), 9);
    assert.deepEqual(dataOf(await other.log.read("t", 5, 10)), ["b2", "a3", "s2"]);
    const [next] = await store.log.append("t", [newEvent("next")]);
    assert.equal(next?.seq, 10);
  }),

  promise("finish: nothing is folded before the run ends, also over several attempts", async ({ store }) => {
    const { lease } = await start(store, "t", { claim: claimOf({ owner: "gone", leaseMs: 1 }) });
    await store.runs.record(lease, [folded("a1", "a")]);
    const next = await eventually(() => claimRun(store));
    await store.runs.record(next.lease, [folded("a2", "a")]);
    assert.deepEqual(
      dataOf(await store.log.read("t", 0, 10)).filter((data) => typeof data === "string"),
      ["a1", "a2"],
    );
    await store.runs.finish(next.lease, end());
    assert.deepEqual(
      dataOf(await store.log.read("t", 0, 10)).filter((data) => typeof data === "string"),
      ["a2"],
    );
  }),

  promise(
    "finish: the state of earlier runs goes when a newer one is there; other facts stay",
    async ({ store }) => {
      const strings = async () =>
        dataOf(await store.log.read("t", 0, 100)).filter((data) => typeof data === "string");
      for (const name of ["1", "2", "3"]) {
        const { lease } = await start(store, "t");
        const nested = folded(`n${name}`, "values/ns", { method: "values", namespace: ["ns"] });
        const facts = [folded(`m${name}`, "message/x"), stateOf(`s${name}`)];
        await store.runs.finish(lease, end({ facts: name === "3" ? facts : [...facts, nested] }));
      }
      assert.deepEqual(await strings(), ["m1", "m2", "n2", "m3", "s3"]);
    },
  ),

  promise("finish: folding one thread leaves the others alone", async ({ store }) => {
    const { lease: bystander } = await start(store, "u");
    await store.runs.record(bystander, [folded("u1", "a"), stateOf("v1")]);
    const { lease } = await start(store, "t");
    await store.runs.record(lease, [folded("t1", "a"), stateOf("s1")]);
    await store.runs.finish(lease, end({ facts: [folded("t2", "a"), stateOf("s2")] }));
    assert.deepEqual(dataOf(await store.log.read("u", 1, 10)), ["u1", "v1"]);
    assert.deepEqual(dataOf(await store.log.read("t", 1, 10)), ["t2", "s2"]);
  }),
];

export const finishCases: readonly ContractCase[] = [...ends, ...interrupts, ...folding];
