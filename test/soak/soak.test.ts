import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CrashRoundsResult,
  type FaultPlan,
  runAnswerRaces,
  runCrashRounds,
} from "../../src/testing/index.ts";
import { inputs, ledgerOf, startFaultServer } from "../support/faults.ts";
import { killAtEach, listPoints } from "../support/kill-points.ts";
import { playStory, type Story, stories } from "../support/plan-story.ts";
import { temporaryDatabase } from "../support/postgres.ts";
import { openRecorders } from "../support/recording.ts";
import { temporaryDirectory } from "../support/serve.ts";

/** The full counts of the fault harness: run by `npm run soak`, which says how much of them and for how long. */

const {
  SOAK_LINES,
  SOAK_SCALE = "1",
  SOAK_MINUTES = "60",
  SOAK_ONLY = "",
  COUNTERSIGN_SEED = "1",
} = process.env;
const [scale, seed] = [Number(SOAK_SCALE), Number(COUNTERSIGN_SEED)];
const only = SOAK_ONLY.split(",").filter((one) => one !== "");
const isWanted = (name: string, names: string[]) =>
  !only.some((one) => names.includes(one)) || only.includes(name);
const stores = ["sqlite", "postgres"].filter((store, _, names) => isWanted(store, names));
const parts = ["races", "points", "kills", "plans"].filter((part, _, names) => isWanted(part, names));

/** What is left of the time, in equal shares for what is left to do. */
const end = performance.now() + Number(SOAK_MINUTES) * 60_000;
let left = stores.length * parts.length;
const share = () => (end - performance.now()) / left;

function say(line: string): void {
  if (SOAK_LINES !== undefined) appendFileSync(SOAK_LINES, `${line}\n`);
}

interface Summary {
  faults: string[];
  done: string;
  details: string;
}

function soak(part: string, work: (world: World, limitMs: number) => Promise<Summary>): void {
  for (const store of parts.includes(part) ? stores : []) {
    test(`${part}, ${store}`, async () => {
      const began = performance.now();
      await using world = await openWorld(store);
      const { faults, done, details } = await work(world, share());
      left -= 1;
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      const verdict = faults.length === 0 ? "ok" : "FAILED";
      say(`${part}, ${store}: ${verdict}, ${done} in ${seconds} s; ${details}`);
      expect(faults).toEqual([]);
    });
  }
}

interface World extends AsyncDisposable {
  store: string;
  /** Where PostgreSQL is. */
  url: string | undefined;
  ledger: string;
  start(plan?: FaultPlan): ReturnType<typeof startFaultServer>;
}

async function openWorld(store: string): Promise<World> {
  const directory = await temporaryDirectory();
  const database = store === "postgres" ? await temporaryDatabase() : undefined;
  // A lease shorter than a process lives here: else most would be killed before they take up a dead one's runs.
  const env = { FAULT_LEASE_MS: "300", FAULT_DELAY_MS: "1" };
  return {
    store,
    url: database?.url,
    ledger: ledgerOf(directory.path),
    start: (plan) =>
      startFaultServer({ directory: directory.path, store: database?.url, env, ...(plan ? { plan } : {}) }),
    async [Symbol.asyncDispose]() {
      await database?.[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

soak("races", async (world, limitMs) => {
  const count = Math.ceil(200 * scale);
  const servers = await Promise.all(Array.from({ length: world.url ? 4 : 1 }, () => world.start()));
  try {
    const { rounds, won, faults } = await runAnswerRaces({
      urls: servers.map(({ url }) => url),
      rounds: count,
      clientScript: fileURLToPath(new URL("../support/fault-client.mjs", import.meta.url)),
      seed,
      limitMs,
      input: inputs.agent ?? {},
      ledger: world.ledger,
    });
    const winners = Object.entries(won).map(([kind, times]) => `${kind} ${times}`);
    const done = `${rounds} of ${count} rounds of 50 answers from 4 processes to ${servers.length} server(s)`;
    return { faults, done, details: `won: ${winners.join(", ")}` };
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
});

soak("points", async ({ url }, limitMs) => {
  const began = performance.now();
  const faults: string[] = [];
  const seen = new Set<string>();
  let [killed, wanted] = [0, 0];
  await using recorders = await openRecorders();
  for (const graph of [{ assistantId: "agent" }, { assistantId: "letters" }, recorders.options]) {
    const options = { ...graph, seed, ...(url === undefined ? {} : { store: url }) };
    const points = await listPoints(options);
    const chosen = points.filter((_, index) => index % Math.round(1 / Math.min(1, scale)) === 0);
    wanted += chosen.length;
    for (let from = 0; from < chosen.length && performance.now() - began < limitMs; from += 10) {
      const some = chosen.slice(from, from + 10);
      const result = await killAtEach({ ...options, seed: seed + from }, some);
      faults.push(...result.faults);
      killed += some.length - result.missed.length;
      for (const { at } of some) seen.add(at);
    }
  }
  const done = `killed at ${killed} of ${wanted} points`;
  return { faults, done, details: `of ${seen.size} kinds` };
});

/** Servers that are killed side by side, each with data of its own. */
const chains = 2;

soak("kills", async ({ store }, limitMs) => {
  const count = Math.ceil(1_000 * scale);
  const results = await Promise.all(
    Array.from({ length: chains }, async (_, chain) => {
      await using world = await openWorld(store);
      return await runCrashRounds({
        start: (plan) => world.start(plan),
        seed: seed + chain,
        kills: Math.ceil(count / chains),
        limitMs,
        inputs: { agent: inputs.agent ?? {}, letters: inputs.letters ?? {} },
        ledger: world.ledger,
      });
    }),
  );
  const sum = (of: (result: CrashRoundsResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const phases = ["start", "plan", "wait", "answer", "run"].map(
    (phase) => `${phase} ${sum((result) => result.phases[phase] ?? 0)}`,
  );
  const [kills, threads, commands] = [sum((r) => r.kills), sum((r) => r.threads), sum((r) => r.commands)];
  return {
    faults: results.flatMap(({ faults }) => faults),
    done: `${kills} of ${count} kills over ${threads} threads and ${commands} accepted commands`,
    details: `${sum((r) => r.doubts)} effects asked about, ${sum((r) => r.givenUp)} runs given up; threads stood at ${phases.join(", ")}`,
  };
});

soak("plans", async ({ url }, limitMs) => {
  // The stories are of the agent, whatever the store is.
  if (url !== undefined) return { faults: [], done: "no stories: they are told on SQLite", details: "" };
  const count = Math.ceil(1_000 * scale);
  let [told, calls, crashed] = [0, 0, 0];
  const play = async (story: Story) => {
    const end = await playStory(story);
    told += 1;
    calls += end.calls;
    crashed += end.crashed;
    expect(end.faults).toEqual([]);
  };
  const found = await fc.check(fc.asyncProperty(stories, play), {
    ...{ numRuns: count, seed, endOnFailure: true, interruptAfterTimeLimit: limitMs },
  });
  const faults = found.failed && !found.interrupted ? [fc.defaultReportMessage(found) ?? ""] : [];
  return { faults, done: `${told} of ${count} stories`, details: `${calls} calls, ${crashed} crashes` };
});
