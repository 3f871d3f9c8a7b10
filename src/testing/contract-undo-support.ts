import assert from "node:assert/strict";
import type {
  InterruptRecord,
  NewEffect,
  Store,
  UndoAnswer,
  UndoneAnswer,
  UndoOutcome,
} from "../core/ports.ts";
import type { Json } from "../protocol/json.ts";
import { ana, answered, claimOf, later, leaseOf, newEvent, pause } from "./contract-support.ts";

function told({ run, asked, closed, head }: UndoneAnswer) {
  const event = (data: Json, method: "custom" | "lifecycle" = "custom") =>
    newEvent(data, { runId: run.runId, method });
  return [
    ...(closed.length > 0 ? [event({ closed })] : []),
    ...(head ? [event({ head: { id: head.checkpointId, step: head.step } })] : []),
    ...[...asked].map(([id, row]) => event({ asked: id, as: row.interruptId })),
    event({ undone: run.runId, attempt: run.attempt }, "lifecycle"),
  ];
}

export function undo(
  store: Store,
  interruptId = "i",
  changes: Partial<UndoAnswer> = {},
): Promise<UndoOutcome> {
  return store.interrupts.undo({
    ...{ threadId: "t", interruptId, actor: ana, ofOthers: false, at: later() },
    idAfter: (id) => `${id}+`,
    told,
    ...changes,
  });
}

export async function undone(store: Store, interruptId = "i", changes: Partial<UndoAnswer> = {}) {
  const outcome = await undo(store, interruptId, changes);
  assert.equal(outcome.type, "undone");
  return outcome as Extract<UndoOutcome, { type: "undone" }>;
}

export const rowOf = async (store: Store, interruptId: string): Promise<InterruptRecord | undefined> =>
  (await store.interrupts.find("t", [interruptId]))[0];

export async function resumed(store: Store, ids = ["i"], more: string[] = []) {
  await pause(store, "t", [...ids, ...more]);
  const { run } = await answered(store, "t", ids, { claim: claimOf() });
  return { run, lease: leaseOf(run) };
}

export const newEffect = (key: string, changes: Partial<NewEffect> = {}): NewEffect => ({
  ...{ key, namespace: "n:1", idempotent: false, about: null, at: later() },
  ...changes,
});
