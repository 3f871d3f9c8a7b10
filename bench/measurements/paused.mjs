// Target 5: threads that wait for a person. What one costs in memory, how long a restart takes with very many
// of them, and the first page of the inbox over them.
import { enter, listContestants } from "../contestants.mjs";
import { figure, judge, table } from "../markdown.mjs";
import { makeDirectory, removeDirectory, startChild } from "../processes.mjs";
import { median, slope } from "../statistics.mjs";

const server = (directory) => startChild("./servers/countersign.mjs", { directory });
const parts = 10;

/** Inbox queries: everything; one owner's; a graph's; one person's; an owner's as one person sees it. */
const queries = [
  { limit: 50 },
  { limit: 50, owner: "owner-7" },
  { limit: 50, graphId: "agent" },
  { limit: 50, assignees: ["ana"] },
  { limit: 50, owner: "owner-7", assignees: ["ana", "approver"] },
];

export async function measure(counts, say) {
  say(`memory of ${counts.pausedThreads} threads that ran to their question`);
  const memory = await measureMemory(counts.pausedThreads);
  say("the same of 200 threads of every peer");
  const peers = {};
  for (const contestant of listContestants({}).filter(({ name }) => /dev|embed|^countersign$/.test(name))) {
    peers[contestant.name] = await measurePeer(contestant);
  }
  say(`restart with ${counts.openInterrupts} open interrupts`);
  const restart = await measureRestart(counts.openInterrupts);
  return { pausedThreads: counts.pausedThreads, memory, peers, restart };
}

async function measureMemory(threads) {
  const directory = makeDirectory();
  const [serving, driver] = [await server(directory), await startChild("./driver/driver.mjs")];
  const points = [];
  for (let part = 1; part <= parts; part += 1) {
    const share = Math.round(threads / parts);
    await driver.ask("pause", { url: serving.info.url, threads: share, concurrency: 16, tokens: 10 });
    const { rss, heapUsed, external } = await serving.ask("usage");
    points.push({ threads: part * share, rss, held: heapUsed + external });
  }
  await serving.stop();
  await driver.stop();
  removeDirectory(directory);
  return points;
}

async function measurePeer(contestant) {
  const entered = await enter(contestant);
  const job = { concurrency: 10, tokens: 200, delayMs: 0, budgetMs: 60_000, answers: false };
  await entered.run({ ...job, conversations: 100 });
  const before = await entered.server.ask("usage");
  await entered.run({ ...job, conversations: 200 });
  const after = await entered.server.ask("usage");
  await entered.leave();
  return (after.heapUsed + after.external - before.heapUsed - before.external) / 200;
}

async function measureRestart(count) {
  const [empty, full] = [makeDirectory(), makeDirectory()];
  const filler = await startChild("./store-filler.mjs", { directory: full });
  const { open } = await filler.ask("fillPaused", { count });
  await filler.stop();
  const starts = { empty: [], full: [] };
  for (let time = 0; time < 3; time += 1) {
    for (const [name, directory] of Object.entries({ empty, full })) {
      const serving = await server(directory);
      const { rss } = await serving.ask("usage");
      starts[name].push({ ms: serving.startedInMs, openMs: serving.info.openMs, rss });
      await serving.stop();
    }
  }
  const reader = await startChild("./store-reader.mjs", { directory: full });
  const inbox = await reader.ask("timeInbox", { queries });
  await reader.stop();
  for (const directory of [empty, full]) removeDirectory(directory);
  return { open, starts, inbox };
}

export function describe({ pausedThreads, memory, peers, restart }) {
  const later = memory.slice(Math.floor(memory.length / 2));
  const slopeOf = (field) => slope(later.map((point) => [point.threads, point[field]]));
  const { starts, inbox, open } = restart;
  const of = (name, field) => median(starts[name].map((start) => start[field]));
  const perThread = (of("full", "rss") - of("empty", "rss")) / open;
  const slowest = Math.max(...inbox.pages.map(({ firstMs }) => firstMs));
  const markdown = [
    `Memory over the second half of ${pausedThreads} threads that ran to their question (10 tokens each): ${figure(slopeOf("held"))} bytes a thread held by the heap and its buffers, ${figure(slopeOf("rss"))} bytes of resident memory, SQLite's page cache (64 MiB at most) included.`,
    "",
    table(
      ["threads", ...memory.map(({ threads }) => threads)],
      [
        ["resident, MB", ...memory.map(({ rss }) => figure(rss / 1e6))],
        ["heap and buffers, MB", ...memory.map(({ held }) => figure(held / 1e6))],
      ],
    ),
    "",
    "The same of 200 threads with a plan of 200 tokens, kB of heap and buffers a thread:",
    "",
    table(Object.keys(peers), [Object.values(peers).map((bytes) => figure(bytes / 1000))]),
    "",
    `With ${open.toLocaleString("en-US")} open interrupts, each on a thread of its own: from the start of the process to serving in ${figure(of("full", "ms"))} ms, against ${figure(of("empty", "ms"))} ms with none; opening the store and recovering takes ${figure(of("full", "openMs"))} ms of it. Resident memory then: ${figure(perThread)} bytes a thread more than with none.`,
    "",
    "The first page of the inbox over them, by a process that has just opened the store:",
    "",
    table(
      ["query", "rows", "first, ms", "again, ms"],
      inbox.pages.map(({ query, rows, firstMs, ms }) => [
        `\`${JSON.stringify(query)}\``,
        rows,
        figure(firstMs),
        figure(ms),
      ]),
    ),
  ].join("\n");
  const isMillion = open >= 1_000_000;
  const few = { unmeasured: "too few rows" };
  return {
    markdown,
    targets: [
      judge(5, `bytes of heap for a paused thread, ${pausedThreads} threads`, {
        value: slopeOf("held"),
        ...(pausedThreads >= 10_000 ? { atMost: 200 } : few),
      }),
      judge(5, `resident bytes for a paused thread, ${open.toLocaleString("en-US")} after a restart`, {
        value: perThread,
        ...(open >= 100_000 ? { atMost: 200 } : few),
      }),
      judge(5, `ms to restart with ${open.toLocaleString("en-US")} open interrupts`, {
        value: of("full", "ms"),
        ...(isMillion ? { atMost: 1000 } : few),
      }),
      judge(5, "ms of the first inbox page over them, slowest query", {
        value: slowest,
        ...(isMillion ? { atMost: 10 } : few),
      }),
    ],
  };
}
