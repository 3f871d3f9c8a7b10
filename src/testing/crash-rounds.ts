import { setTimeout as wait } from "node:timers/promises";
import type { JsonObject } from "../protocol/json.ts";
import { checkThread, wasGivenUp } from "./check-thread.ts";
import { createDriver, type Driver } from "./driver.ts";
import { type FaultPlan, randomInstant } from "./fault-plan.ts";
import { createLiveReader, type LiveReader } from "./live-reader.ts";
import { createRandom, type Random } from "./random.ts";
import type { ServerProcess } from "./server-process.ts";
import { insist, listRuns } from "./wire-client.ts";

export interface CrashRoundsOptions {
  /** Starts the server, on the same data every time. */
  start: (plan: FaultPlan) => Promise<ServerProcess>;
  seed: number;
  /** Kills to do. */
  kills: number;
  /** Do no more kills after this long. */
  limitMs?: number;
  /** By graph: what a thread is started with. */
  inputs: Record<string, JsonObject>;
  /** Threads that are under way at any time. Default 6. */
  threadsAtOnce?: number;
  /** The file in which the tool that must not run twice leaves its lines. */
  ledger: string;
  onKill?: (kills: number) => void;
}

export interface CrashRoundsResult {
  kills: number;
  /** How many threads stood where when the process was killed. */
  phases: Record<string, number>;
  threads: number;
  commands: number;
  /** Effects that were asked about after a crash. */
  doubts: number;
  /** Runs that failed since none of so many attempts lived to its end. */
  givenUp: number;
  /** Every invariant that did not hold, in words. */
  faults: string[];
}

/** A kill comes at most this long after the server is ready, in times of what it took to start: slow machines are slow at all of it. */
const longest = 1.5;
/** … or at one of this many writes. */
const writesAhead = 100;
/** Kills after which what has ended is checked, in a life that nobody cuts short. */
const killsBetweenChecks = 20;

interface Worked {
  driver: Driver;
  reader: LiveReader;
}

/**
 * Keeps threads under way while the process that serves them is killed at random instants, and started
 * again: half of the kills come by the clock, half at a point between two writes. Every thread is gone on
 * with until it has ended, and checked.
 */
export async function runCrashRounds(options: CrashRoundsOptions): Promise<CrashRoundsResult> {
  const { start, seed, kills, limitMs = Number.POSITIVE_INFINITY, threadsAtOnce = 6, onKill } = options;
  const random = createRandom(seed);
  const counts = { kills: 0, threads: 0, commands: 0, doubts: 0, givenUp: 0 };
  const result: CrashRoundsResult = { ...counts, phases: {}, faults: [] };
  const active = new Set<Worked>();
  const ended: Worked[] = [];
  const began = performance.now();
  let [isOver, isChecking] = [false, false];
  let [server, startMs] = await timed(start);
  const url = () => server.url;

  /** One thread after the other. */
  async function work(mine: Random): Promise<void> {
    while (!isOver && result.faults.length === 0) {
      if (isChecking) {
        await wait(20);
        continue;
      }
      const worked = open(url, options.inputs, mine);
      active.add(worked);
      await worked.driver.finish().catch((error: unknown) => result.faults.push(String(error)));
      active.delete(worked);
      ended.push(worked);
    }
  }

  async function checkEnded(): Promise<void> {
    const { ledger } = options;
    isChecking = true;
    for (const { driver, reader } of ended.splice(0)) {
      const check = () => checkThread({ url: url(), driver, readers: [reader], ledger, random });
      result.faults.push(...(await insist(check).catch((error: unknown) => [String(error)])));
      const runs = await insist(() => listRuns(url(), driver.threadId)).catch(() => undefined);
      await reader.stop();
      result.givenUp += runs?.filter(wasGivenUp).length ?? 0;
      result.threads += 1;
      result.commands += driver.accepted.length;
      result.doubts += driver.doubts();
    }
    isChecking = false;
  }

  const workers = Array.from({ length: threadsAtOnce }, () => work(random.fork()));
  try {
    while (result.kills < kills && performance.now() - began < limitMs && result.faults.length === 0) {
      await untilKilled(server, random, startMs * longest);
      result.kills += 1;
      for (const { driver } of active) {
        result.phases[driver.phase()] = (result.phases[driver.phase()] ?? 0) + 1;
      }
      onKill?.(result.kills);
      [server, startMs] = await timed(start);
      if (result.kills % killsBetweenChecks === 0) await checkEnded();
    }
    isOver = true;
    await Promise.all(workers);
    await checkEnded();
  } finally {
    isOver = true;
    await server.kill();
    await Promise.all([...active, ...ended].map(({ reader }) => reader.stop()));
  }
  return result;
}

function open(url: () => string, inputs: Record<string, JsonObject>, random: Random): Worked {
  const threadId = crypto.randomUUID();
  const [first = "", ...others] = Object.keys(inputs);
  const assistantId = random.pick([first, ...others]);
  const input = inputs[assistantId] ?? {};
  const driver = createDriver({ url, threadId, assistantId, input, random: random.fork() });
  return { driver, reader: createLiveReader(url, threadId) };
}

async function timed(start: CrashRoundsOptions["start"]): Promise<[ServerProcess, number]> {
  const began = performance.now();
  return [await start({ faults: [] }), performance.now() - began];
}

async function untilKilled(server: ServerProcess, random: Random, longestMs: number): Promise<void> {
  if (random.next() < 0.5) {
    const place = randomInstant(random.below(2 ** 31), writesAhead);
    await server.tell({ type: "arm", plan: { faults: [{ ...place, do: "kill" }] } }).catch(() => {});
    await Promise.race([server.exited, wait(longestMs)]); // when little is written, the clock decides
  } else {
    await wait(random.below(longestMs));
  }
  await server.kill();
}
