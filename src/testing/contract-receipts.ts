import assert from "node:assert/strict";
import type { Store } from "../core/ports.ts";
import {
  accept,
  accepted,
  answer,
  answered,
  type ContractCase,
  claimOf,
  end,
  later,
  leaseOf,
  observe,
  pause,
  promise,
  refuses,
  start,
} from "./contract-support.ts";

/** A thread on which `i` was answered, and nothing runs. */
async function approved(store: Store): Promise<void> {
  await pause(store, "t", ["i"]);
  const { run } = await answered(store, "t", ["i"], { claim: claimOf() });
  await store.runs.finish(leaseOf(run), end());
  assert.deepEqual(await receiptsOf(store), ["i"]);
}

const receiptsOf = async (store: Store) =>
  (await store.interrupts.listAnswered("t")).map(({ interruptId }) => interruptId);

/** Answers are receipts until the state is written beside the graph: not by the clock, but by what came first. */
export const receiptCases: readonly ContractCase[] = [
  promise(
    "receipts: a run that writes the state voids them with its acceptance",
    async ({ store, other }) => {
      await approved(store);
      await accepted(store, "t", { voidsReceipts: true, idempotencyKey: "k" });
      assert.deepEqual(await receiptsOf(other), []);
      const [row] = await store.interrupts.find("t", ["i"]);
      assert.equal(row?.status, "answered", "what was answered stays recorded");
    },
  ),

  promise("receipts: a run that begins to write the state voids what was answered since", async (stores) => {
    const { store, other } = stores;
    await approved(store);
    const { lease } = await start(store, "t");
    assert.deepEqual(await receiptsOf(other), ["i"]);
    await store.runs.record(lease, [{ type: "void" }]);
    assert.deepEqual(await receiptsOf(other), []);
    await store.runs.finish(lease, end());
    await refuses(store.runs.record(lease, [{ type: "void" }]), "lease_lost");
  }),

  promise("receipts: a run that writes nothing leaves them", async ({ store }) => {
    await approved(store);
    await accepted(store, "t");
    assert.deepEqual(await receiptsOf(store), ["i"]);
  }),

  promise("receipts: what is refused, or accepted before, voids none", async ({ store }) => {
    await approved(store);
    const { lease } = await start(store, "t", { idempotencyKey: "k", voidsReceipts: true });
    const refused = await accept(store, "t", { whenBusy: "reject", voidsReceipts: true });
    assert.equal(refused.type, "busy");
    await store.runs.finish(lease, end());
    await pause(store, "t", ["j"]);
    await answered(store, "t", ["j"]);
    const before = await observe(store, "t");
    const repeated = await accept(store, "t", { idempotencyKey: "k", voidsReceipts: true });
    assert.equal(repeated.type, "repeated");
    assert.equal((await answer(store, "t", ["i"], { voidsReceipts: true })).type, "repeated");
    assert.equal((await answer(store, "t", { i: "no" }, { voidsReceipts: true })).type, "refused");
    assert.deepEqual(await observe(store, "t"), before);
    assert.deepEqual(await receiptsOf(store), ["j"]);
  }),

  promise(
    "receipts: an answer that comes with a write voids those before it, not itself",
    async ({ store }) => {
      await approved(store);
      await pause(store, "t", ["j"]);
      await answered(store, "t", ["j"], { voidsReceipts: true });
      assert.deepEqual(await receiptsOf(store), ["j"]);
    },
  ),

  promise("receipts: a state update voids them, and a refused one does not", async ({ store, other }) => {
    await approved(store);
    await refuses(store.checkpoints.record("t", [], later(), 0), "state_busy");
    assert.deepEqual(await receiptsOf(store), ["i"]);
    await store.checkpoints.record("t", [], later(), await store.log.lastSeq("t"));
    assert.deepEqual(await receiptsOf(other), []);
  }),

  promise("receipts: a question that is asked and answered again counts again", async ({ store }) => {
    await approved(store);
    await accepted(store, "t", { voidsReceipts: true, whenBusy: "interrupt" });
    await pause(store, "t", ["i"], { whenBusy: "interrupt" });
    await answered(store, "t", ["i"]);
    assert.deepEqual(await receiptsOf(store), ["i"]);
  }),
];
