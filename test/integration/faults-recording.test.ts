import { expect, test } from "vitest";
import { killAtEach, listPoints } from "../support/kill-points.ts";
import { openRecorders } from "../support/recording.ts";

/** Every so many points; `npm run soak --only points` takes all. */
const every = 30;

test("the agent over real MCP servers is killed where it stands: each received what was approved, once", async () => {
  await using recorders = await openRecorders();
  const { options } = recorders;
  const all = await listPoints({ ...options, seed: 3 });
  for (const name of ["effects.start", "effects.end", "interrupts.answer", "runs.record.checkpoint"]) {
    expect(all.map(({ at }) => at)).toEqual(expect.arrayContaining([`${name}:before`, `${name}:after`]));
  }
  // Around the calls themselves: all; of the others some.
  const isCall = (at: string) =>
    ["effects.start:after", "effects.end:before", "effects.end:after"].includes(at);
  const points = all.filter(({ at, nth }, index) => (isCall(at) ? nth === 2 : index % every === 0));
  const { faults, missed, doubts } = await killAtEach({ ...options, seed: 3 }, points);
  expect(faults).toEqual([]);
  // Branches race: what else is written, and how often, is a matter of time.
  expect(missed.length).toBeLessThan(points.length / 2);
  expect(doubts).toBeGreaterThan(0);
}, 300_000);
