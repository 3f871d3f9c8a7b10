import { expect, test } from "vitest";
import { killAtEach, listPoints } from "../support/kill-points.ts";

// The whole of the second is part of `npm run soak`.
for (const { assistantId, every } of [
  { assistantId: "agent", every: 1 },
  { assistantId: "letters", every: 16 },
]) {
  test(`${assistantId}: killed at every point between two writes, nothing is lost and nothing runs twice`, async () => {
    const all = await listPoints({ assistantId, seed: 1 });
    const names = new Set(all.map(({ at }) => at));
    for (const name of [
      "interrupts.answer",
      "runs.record.resume",
      "runs.record.writes",
      "runs.record.checkpoint",
    ]) {
      expect(names).toContain(`${name}:before`);
      expect(names).toContain(`${name}:after`);
    }
    const points = all.filter((_, index) => index % every === 0);
    const halves = [0, 1].map((half) => points.filter((_, index) => index % 2 === half));
    const results = await Promise.all(
      halves.map((half, index) => killAtEach({ assistantId, seed: 100 * index }, half)),
    );
    expect(results.flatMap(({ faults }) => faults)).toEqual([]);
    // Deltas are grouped as the disk is fast or slow: some points come once more, or once less.
    const missed = results.flatMap((result) => result.missed);
    expect(missed.filter(({ at }) => !at.startsWith("runs.record.events"))).toEqual([]);
    expect(results.every(({ booked }) => booked > 0)).toBe(true);
    // Killed between the start of a tool and the record of its end, a person was asked.
    if (every === 1) expect(results.reduce((sum, { doubts }) => sum + doubts, 0)).toBeGreaterThan(0);
  }, 300_000);
}
