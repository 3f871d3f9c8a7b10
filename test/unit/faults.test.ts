import { expect, test } from "vitest";
import type { Lease, Store } from "../../src/core/ports.ts";
import {
  createRandom,
  faultPlanVariable,
  type Point,
  randomInstant,
  readFaultPlan,
  withFaults,
} from "../../src/testing/index.ts";

const lease = (threadId: string): Lease => ({ threadId, runId: "r", attempt: 1 });

/** A store that only remembers what came through. */
function createStub() {
  const done: string[] = [];
  const port = (name: string) =>
    new Proxy(
      {},
      {
        get: (_target, method) => async () => {
          done.push(`${name}.${String(method)}`);
        },
      },
    );
  const store = { effects: port("effects"), runs: port("runs"), log: port("log") } as unknown as Store;
  return { store, done };
}

const end = { status: "finished", result: null, at: 0 } as const;

test("an error before a write keeps it from happening; one after it does not", async () => {
  const { store, done } = createStub();
  const faults = withFaults(store, {
    faults: [
      { at: "effects.end:before", do: "throw", error: "disk_full" },
      { at: "runs.release:after", do: "throw", error: "database_gone" },
    ],
  });
  await expect(faults.effects.end(lease("t"), "k", end)).rejects.toThrow(/disk is full/);
  expect(done).toEqual([]);
  await expect(faults.runs.release([])).rejects.toMatchObject({ code: "store_unavailable" });
  expect(done).toEqual(["runs.release"]);
  await faults.effects.end(lease("t"), "k", end);
  expect(done).toEqual(["runs.release", "effects.end"]);
});

test("a fault strikes at the n-th time, for so many times, and on its thread only", async () => {
  const { store, done } = createStub();
  const faults = withFaults(store);
  const fault = { at: "effects.end:before", threadId: "t", do: "throw", error: "unforeseen" } as const;
  faults.arm({ faults: [{ ...fault, nth: 2, times: 2 }] });
  const tell = async (threadId: string) =>
    faults.effects.end(lease(threadId), "k", end).then(
      () => true,
      () => false,
    );
  expect(await tell("t")).toBe(true);
  expect(await tell("other")).toBe(true);
  expect([await tell("t"), await tell("t"), await tell("t")]).toEqual([false, false, true]);
  expect(done).toHaveLength(3);
});

test("what is recorded says what it is; what only reads, and a claim that finds nothing, is no point", async () => {
  const { store } = createStub();
  const points: Point[] = [];
  const faults = withFaults(store, { faults: [] }, (point) => points.push(point));
  const writes = { checkpointNs: "", checkpointId: "c", taskId: "t", taskPath: "", contents: [] };
  await faults.runs.record(lease("t"), []);
  await faults.runs.record(lease("t"), [
    { type: "writes", writes: { ...writes, writes: [{ index: -4, channel: "__resume__", hash: "h" }] } },
  ]);
  await faults.runs.record(lease("t"), [{ type: "writes", writes: { ...writes, writes: [] } }]);
  await faults.runs.find("t", "r");
  await faults.runs.claim({ owner: "o", leaseMs: 1, runTimeoutMs: 1, graphIds: [] }, () => {
    throw new Error("nothing is claimed");
  });
  expect(points.map(({ name }) => name)).toEqual([
    "runs.record.events:before",
    "runs.record.events:after",
    "runs.record.resume:before",
    "runs.record.resume:after",
    "runs.record.writes:before",
    "runs.record.writes:after",
  ]);
  expect(points.every(({ threadId }) => threadId === "t")).toBe(true);
});

test("a seed repeats its instants, and a plan travels in the environment", () => {
  const instants = (seed: number) => [1, 2, 3].map((step) => randomInstant(seed * step, 1_000).nth);
  expect(instants(7)).toEqual(instants(7));
  expect(instants(7)).not.toEqual(instants(8));
  const random = createRandom(1);
  const numbers = Array.from({ length: 1_000 }, () => random.below(10));
  expect(new Set(numbers).size).toBe(10);
  const plan = { faults: [{ at: "*", nth: 3, do: "kill" as const }] };
  expect(readFaultPlan({ [faultPlanVariable]: JSON.stringify(plan) })).toEqual(plan);
  expect(readFaultPlan({})).toEqual({ faults: [] });
});
