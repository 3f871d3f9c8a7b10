import fc from "fast-check";
import { expect, test } from "vitest";
import { playStory, stories } from "../support/plan-story.ts";

/** `PLAN_RUNS` and `COUNTERSIGN_SEED` choose how many, and which: `npm run soak --only plans` plays many more. */
const numRuns = Number(process.env.PLAN_RUNS ?? 10);
const seed = Number(process.env.COUNTERSIGN_SEED ?? 20_261);

test("whatever is planned, said, fails or crashes: only what was approved runs, once, in its order", async () => {
  let [calls, crashed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(stories, async (one) => {
      const end = await playStory(one);
      calls += end.calls;
      crashed += end.crashed;
      expect(end.faults).toEqual([]);
    }),
    { numRuns, seed, endOnFailure: true },
  );
  // The stories had something in them.
  expect(calls).toBeGreaterThan(numRuns / 2);
  expect(crashed).toBeGreaterThan(0);
}, 3_600_000);

test("a call that failed is not made again because the process died before that was in the state", async () => {
  for (let crash = 28; crash < 40; crash += 1) {
    const steps = [{ tool: "burn" as const, after: [], late: false }];
    const { faults } = await playStory({ steps, fates: ["fail"], policy: [], crashes: [crash], seed: 1 });
    expect(faults, `crash at ${crash}`).toEqual([]);
  }
}, 60_000);
