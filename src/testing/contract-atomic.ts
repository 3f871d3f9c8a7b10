import assert from "node:assert/strict";
import type { NewEvent, Store } from "../core/ports.ts";
import {
  accept,
  ana,
  answer,
  type ContractCase,
  claimOf,
  end,
  eventFact,
  later,
  newEvent,
  newRun,
  observe,
  pause,
  promise,
  start,
} from "./contract-support.ts";

/** An event that no store can append: it comes last, when everything else is written. */
const impossible = (): NewEvent => newEvent("never", { at: null as never });

/** What throws half-way has done nothing. */
function halfWay(
  name: string,
  prepare: (store: Store) => Promise<unknown>,
  act: (store: Store) => Promise<unknown>,
): ContractCase {
  return promise(`atomic: ${name} that fails half-way leaves nothing`, async ({ store, other }) => {
    await prepare(store);
    const before = await observe(store, "t");
    await assert.rejects(act(store));
    assert.deepEqual(await observe(other, "t"), before);
  });
}

const asking = (store: Store) => pause(store, "t", ["i"]);
const running = (store: Store) => start(store, "t");
const answering = async (store: Store) => {
  await asking(store);
  await answer(store, "t", ["i"], { claim: claimOf() });
};

async function leaseOn(store: Store) {
  const [run] = await store.runs.list("t", { status: "running", limit: 1, offset: 0 });
  assert.ok(run);
  return { threadId: "t", runId: run.runId, attempt: run.attempt };
}

export const atomicCases: readonly ContractCase[] = [
  halfWay(
    "accepting a run",
    async () => {},
    (store) => accept(store, "t", { claim: claimOf(), running: impossible(), idempotencyKey: "k" }),
  ),
  halfWay("superseding a question", asking, (store) =>
    accept(store, "t", { whenOpen: "supersede", superseded: impossible, voidsReceipts: true }),
  ),
  halfWay("answering", asking, (store) =>
    answer(store, "t", ["i"], { answered: impossible(), idempotencyKey: "k" }),
  ),
  halfWay(
    "claiming",
    (store) => accept(store, "t", { run: newRun() }),
    (store) => store.runs.claim({ ...claimOf(), graphIds: ["graph"] }, impossible),
  ),
  halfWay("recording facts", running, async (store) =>
    store.runs.record(await leaseOn(store), [eventFact(newEvent("first")), eventFact(impossible())]),
  ),
  halfWay("finishing a run", running, async (store) =>
    store.runs.finish(
      await leaseOn(store),
      end({ facts: [eventFact(newEvent("first")), eventFact(impossible())] }),
    ),
  ),
  halfWay("taking an answer back", answering, (store) =>
    store.interrupts.undo({
      ...{ threadId: "t", interruptId: "i", actor: ana, ofOthers: false, at: later() },
      idAfter: (id) => `${id}+`,
      told: () => [newEvent("first"), impossible()],
    }),
  ),
  halfWay("closing a question", asking, (store) =>
    store.interrupts.close("t", ["i"], { status: "cancelled", at: later(), event: impossible() }),
  ),
];
