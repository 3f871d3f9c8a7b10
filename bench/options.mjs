// What `npm run bench -- …` takes, and the counts of a whole and of a quick run.
import { parseArgs } from "node:util";

export const names = ["tokens", "latency", "growth", "paused", "fanout", "replay", "recovery", "page"];

const whole = {
  rounds: 3,
  flat: [
    { concurrency: 1, conversations: 12 },
    { concurrency: 10, conversations: 60 },
    { concurrency: 100, conversations: 200 },
  ],
  budgetMs: 30_000,
  pacedRuns: 100,
  latencyRounds: 2,
  latencyConversations: 100,
  turns: 1_000,
  longThreadTurns: 10_000,
  pausedThreads: 20_000,
  openInterrupts: 1_000_000,
  followers: 10_000,
  followedThreads: 100,
  fanoutMs: 10_000,
  stallMs: 8_000,
  replayEvents: 100_000,
  replayTimes: 5,
  recoveryRuns: 20,
  recoveryTimes: 3,
  pageLoads: 20,
};

const quick = {
  ...whole,
  rounds: 1,
  flat: [
    { concurrency: 1, conversations: 3 },
    { concurrency: 10, conversations: 10 },
    { concurrency: 100, conversations: 100 },
  ],
  budgetMs: 8_000,
  pacedRuns: 20,
  latencyRounds: 1,
  latencyConversations: 5,
  turns: 100,
  longThreadTurns: 1_000,
  pausedThreads: 500,
  openInterrupts: 20_000,
  followers: 500,
  followedThreads: 10,
  fanoutMs: 2_000,
  stallMs: 2_000,
  replayEvents: 20_000,
  replayTimes: 2,
  recoveryRuns: 5,
  recoveryTimes: 1,
  pageLoads: 3,
};

/** @returns which measurements to run, with which counts, or a sentence about what is wrong. */
export function parseOptions(argv) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        postgres: { type: "string" },
        out: { type: "string" },
        "cpu-prof": { type: "string" },
      },
    });
    const unknown = positionals.filter((name) => !names.includes(name));
    if (unknown.length > 0) return `There is no ${unknown.join(", ")}. Choose from ${names.join(", ")}.`;
    return {
      selected: positionals.length > 0 ? positionals : names,
      isQuick: values.quick === true,
      out: values.out,
      profiles: values["cpu-prof"],
      counts: { ...(values.quick ? quick : whole), postgres: values.postgres },
    };
  } catch (error) {
    return `${error.message} Usage: npm run bench -- [${names.join("] [")}] [--quick] [--postgres <url>] [--out <directory>] [--cpu-prof <directory>]`;
  }
}
