import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../src/protocol/json.ts";
import type { WireInterrupt } from "../../src/protocol/shapes.ts";
import {
  checkThread,
  createRandom,
  type Driver,
  type Point,
  type Random,
  readLedger,
  type ServerProcess,
} from "../../src/testing/index.ts";
import { approve, ledgerOf, openThread, startFaultServer } from "./faults.ts";
import { temporaryDirectory } from "./serve.ts";

export interface KillPoint {
  at: string;
  nth: number;
}

export interface KillOptions {
  assistantId: string;
  /** Default: SQLite in a directory of its own. */
  store?: string;
  seed: number;
  /** Default: approves. */
  answer?: (interrupt: WireInterrupt, random: Random) => Json;
  /** As of a driver: answers are taken back, and given again. */
  undoes?: "waiting" | "running";
  /** For the server's process. */
  env?: Record<string, string>;
  /** What else must hold of a thread that has ended, in words where it does not. */
  check?: (driver: Driver) => Promise<string[]>;
}

/** Long for a heartbeat, short for whoever waits until a dead process's runs are free. */
const env = { FAULT_LEASE_MS: "600" };

/** Every point that one run of a graph comes by, in order, from a run in which nothing goes wrong. */
export async function listPoints({
  assistantId,
  store,
  answer = approve,
  undoes,
  env: own = {},
}: KillOptions): Promise<KillPoint[]> {
  await using directory = await temporaryDirectory();
  const trace = join(directory.path, "trace");
  await using server = await startFaultServer({
    directory: directory.path,
    store,
    env: { ...env, ...own, FAULT_TRACE: trace },
  });
  const { driver, reader } = openThread(() => server.url, assistantId, { seed: 1, answer, undoes });
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

/**
 * Kills one run at each of these points, one after the other, on the same data: the process that takes up one
 * run is the one that is killed in the next.
 *
 * @returns What was not as it must be, the points that were not reached, the effects that were asked about, the answers
 * that were taken back, and how often the tool ran.
 */
export async function killAtEach(options: KillOptions, points: KillPoint[]) {
  const { assistantId, store, seed, answer = approve, undoes, env: own = {} } = options;
  await using directory = await temporaryDirectory();
  const start = () => startFaultServer({ directory: directory.path, store, env: { ...env, ...own } });
  const ledger = ledgerOf(directory.path);
  const faults: string[] = [];
  const missed: KillPoint[] = [];
  let doubts = 0;
  let undone = 0;
  let server: ServerProcess = await start();
  for (const [index, { at, nth }] of points.entries()) {
    const url = () => server.url;
    const { driver, reader } = openThread(url, assistantId, { seed: seed + index, answer, undoes });
    const fault = { at, nth, threadId: driver.threadId, do: "kill" } as const;
    await server.tell({ type: "arm", plan: { faults: [fault] } });
    const finished = driver.finish();
    const killed = await Promise.race([server.exited, finished]);
    if (killed === "SIGKILL") server = await start();
    else missed.push({ at, nth });
    await finished;
    const check = { url: url(), driver, readers: [reader], ledger, random: createRandom(seed + index) };
    const found = [...(await checkThread(check)), ...((await options.check?.(driver)) ?? [])];
    doubts += driver.doubts();
    undone += driver.undone();
    faults.push(...found.map((fault) => `killed at ${at} ${nth}: ${fault}`));
    await reader.stop();
  }
  await server.stop();
  return { faults, missed, doubts, undone, booked: readLedger(ledger).length };
}
