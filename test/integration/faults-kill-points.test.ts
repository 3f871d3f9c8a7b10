import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  checkThread,
  createRandom,
  type Point,
  readLedger,
  type ServerProcess,
} from "../../src/testing/index.ts";
import { approve, ledgerOf, openThread, startFaultServer } from "../support/faults.ts";
import { temporaryDirectory } from "../support/serve.ts";

interface KillPoint {
  at: string;
  nth: number;
}

/** Every point that one run of a graph comes by, in order, from a run in which nothing goes wrong. */
async function listPoints(assistantId: string): Promise<KillPoint[]> {
  await using directory = await temporaryDirectory();
  const trace = join(directory.path, "trace");
  await using server = await startFaultServer({ directory: directory.path, env: { FAULT_TRACE: trace } });
  const { driver, reader } = openThread(() => server.url, assistantId, { seed: 1, answer: approve });
  await driver.finish();
  await reader.stop();
  const lines = readFileSync(trace, "utf8").trim().split("\n");
  const counts = new Map<string, number>();
  return lines.flatMap((line) => {
    const { name, threadId } = JSON.parse(line) as Point;
    if (threadId !== driver.threadId) return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return [{ at: name, nth }];
  });
}

/** Kills one run at each of these points, one after the other, on the same data. Returns what was not as it must be. */
async function killAtEach(assistantId: string, points: KillPoint[], seed: number) {
  await using directory = await temporaryDirectory();
  const start = () => startFaultServer({ directory: directory.path });
  const ledger = ledgerOf(directory.path);
  const faults: string[] = [];
  const missed: KillPoint[] = [];
  let server: ServerProcess = await start();
  for (const [index, { at, nth }] of points.entries()) {
    const url = () => server.url;
    const { driver, reader } = openThread(url, assistantId, { seed: seed + index, answer: approve });
    await server.tell({
      type: "arm",
      plan: { faults: [{ at, nth, threadId: driver.threadId, do: "kill" }] },
    });
    const finished = driver.finish();
    const killed = await Promise.race([server.exited, finished]);
    if (killed === "SIGKILL") server = await start();
    else missed.push({ at, nth });
    await finished;
    const check = { url: url(), driver, readers: [reader], ledger, random: createRandom(seed + index) };
    const found = await checkThread(check);
    faults.push(...found.map((fault) => `killed at ${at} ${nth}: ${fault}`));
    await reader.stop();
  }
  await server.stop();
  return { faults, missed, booked: readLedger(ledger).length };
}

// The whole of the second is part of `npm run soak`.
for (const { assistantId, every } of [
  { assistantId: "agent", every: 1 },
  { assistantId: "letters", every: 4 },
]) {
  test(`${assistantId}: killed at every point between two writes, nothing is lost and nothing runs twice`, async () => {
    const all = await listPoints(assistantId);
    const points = all.filter((_, index) => index % every === 0);
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
    const halves = [0, 1].map((half) => points.filter((_, index) => index % 2 === half));
    const results = await Promise.all(
      halves.map((half, index) => killAtEach(assistantId, half, 100 * index)),
    );
    expect(results.flatMap(({ faults }) => faults)).toEqual([]);
    // Deltas are grouped as the disk is fast or slow: some points come once more, or once less.
    const missed = results.flatMap((result) => result.missed);
    expect(missed.filter(({ at }) => !at.startsWith("runs.record.events"))).toEqual([]);
    expect(results.every(({ booked }) => booked > 0)).toBe(true);
  }, 90_000);
}
