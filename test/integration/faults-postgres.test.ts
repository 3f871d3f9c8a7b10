import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  checkThread,
  createRandom,
  getThread,
  listRuns,
  runAnswerRaces,
  type ServerProcess,
  sendCommand,
} from "../../src/testing/index.ts";
import { approve, inputs, ledgerOf, openThread, startFaultServer } from "../support/faults.ts";
import { killAtEach, listPoints } from "../support/kill-points.ts";
import { temporaryCluster, temporaryDatabase } from "../support/postgres.ts";
import { temporaryDirectory } from "../support/serve.ts";

// All points, and more rounds, are part of `npm run soak`.
for (const { assistantId, every } of [
  { assistantId: "agent", every: 13 },
  { assistantId: "letters", every: 27 },
]) {
  test(`PostgreSQL, ${assistantId}: killed between two writes, nothing is lost and nothing runs twice`, async () => {
    await using database = await temporaryDatabase();
    const options = { assistantId, store: database.url, seed: 7 };
    const points = (await listPoints(options)).filter((_, index) => index % every === 0);
    const { faults, booked } = await killAtEach(options, points);
    expect(faults).toEqual([]);
    expect(booked).toBeGreaterThan(0);
  }, 180_000);
}

/** Servers on one database, with one workspace. */
async function startServers(count: number, env: Record<string, string> = {}) {
  const database = await temporaryDatabase();
  const directory = await temporaryDirectory();
  const options = { directory: directory.path, store: database.url, env };
  const servers = await Promise.all(Array.from({ length: count }, () => startFaultServer(options)));
  return {
    servers: servers as [ServerProcess, ServerProcess, ...ServerProcess[]],
    ledger: ledgerOf(directory.path),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.kill()));
      await database[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test("a worker stands still beyond its lease, another takes over, and the first one wakes: it is fenced off", async () => {
  await using world = await startServers(2, { FAULT_LEASE_MS: "500" });
  const [first, second] = world.servers;
  // The third effect runs alone: a worker that stands still inside a transaction holds up the others longer.
  const points = [
    { at: "runs.record.checkpoint:before" },
    { at: "runs.record.writes:before" },
    { at: "effects.start:before", nth: 3 },
    { at: "effects.start:after", nth: 3 },
    { at: "effects.end:before", nth: 3 },
    { at: "runs.finish:before" },
  ];
  for (const [index, point] of points.entries()) {
    let url = first.url;
    const { at } = point;
    const { driver, reader } = openThread(() => url, "agent", { seed: index, answer: approve });
    await driver.start();
    await expect.poll(async () => (await getThread(first.url, driver.threadId))?.status).toBe("interrupted");
    const fault = { ...point, threadId: driver.threadId, do: "stop" } as const;
    await first.tell({ type: "arm", plan: { faults: [fault] } });
    await driver.step(); // answered here, so it runs here, until it stands still
    url = second.url;
    await driver.finish();
    const runs = await listRuns(url, driver.threadId);
    first.signal("SIGCONT");
    await first.tell({ type: "arm", plan: { faults: [] } });
    const { threadId } = driver;
    const check = { url: first.url, driver, readers: [reader], ledger: world.ledger };
    expect(await checkThread({ ...check, random: createRandom(index) }), at).toEqual([]);
    expect(await listRuns(first.url, threadId), "the first one changed nothing").toEqual(runs);
    if (at !== "runs.finish:after")
      expect(
        runs?.some(({ attempt }) => attempt > 1),
        at,
      ).toBe(true);
    await reader.stop();
  }
}, 180_000);

test("an event loop is blocked for longer than the lease: its heart beats on, and nobody takes the run", async () => {
  await using world = await startServers(2, { FAULT_LEASE_MS: "500", FAULT_DELAY_MS: "5" });
  const [first, second] = world.servers;
  const { driver, reader } = openThread(() => second.url, "agent", { seed: 1, answer: approve });
  const params = { assistant_id: "agent", input: inputs.agent };
  await sendCommand(first.url, driver.threadId, { method: "run.start", params });
  await first.tell({ type: "block", ms: 2_500 });
  await expect
    .poll(async () => (await getThread(second.url, driver.threadId))?.status, { timeout: 10_000 })
    .toBe("interrupted");
  const runs = await listRuns(second.url, driver.threadId);
  expect(runs?.map(({ attempt }) => attempt)).toEqual([1]);
  await reader.stop();
}, 120_000);

test("two servers whose clocks differ by a day hand threads to each other: nothing is lost or run twice", async () => {
  await using world = await startServers(2, { FAULT_LEASE_MS: "1000", FAULT_DELAY_MS: "1" });
  const [first, second] = world.servers;
  await second.tell({ type: "clock", offsetMs: -86_400_000 });
  let turn = 0;
  const url = () => {
    turn += 1; // every request goes to the other one
    return turn % 2 === 0 ? first.url : second.url;
  };
  const threads = ["agent", "letters", "agent"].map((graph, seed) =>
    openThread(url, graph, { seed, answer: approve }),
  );
  await Promise.all(threads.map(({ driver }) => driver.finish()));
  for (const { driver, reader } of threads) {
    const check = { url: second.url, driver, readers: [reader], ledger: world.ledger };
    expect(await checkThread({ ...check, random: createRandom(1) })).toEqual([]);
    const runs = await listRuns(first.url, driver.threadId);
    expect(runs?.map(({ attempt }) => attempt)).toEqual(runs?.map(() => 1));
    await reader.stop();
  }
}, 120_000);

test("50 people answer one plan at once over 4 servers: one is accepted, and everybody is told who", async () => {
  await using world = await startServers(4);
  const { faults, won, rounds } = await runAnswerRaces({
    urls: world.servers.map(({ url }) => url),
    rounds: 4,
    clientScript: fileURLToPath(new URL("../support/fault-client.mjs", import.meta.url)),
    seed: 2,
    input: inputs.agent ?? {},
    ledger: world.ledger,
  });
  expect(faults).toEqual([]);
  expect(Object.values(won).reduce((sum, count) => sum + count, 0)).toBe(rounds);
}, 180_000);

test("the database is gone for a while: whoever asks is told so, and everything goes on when it is back", {
  retry: 2,
  timeout: 60_000,
}, async () => {
  await using cluster = await temporaryCluster();
  await using directory = await temporaryDirectory();
  await using server = await startFaultServer({
    directory: directory.path,
    store: cluster.url("test"),
    env: { FAULT_DELAY_MS: "3", FAULT_LEASE_MS: "1000" },
  });
  const url = () => server.url;
  const waiting = openThread(url, "agent", { seed: 1, answer: approve });
  await waiting.driver.start();
  await expect.poll(() => waiting.reader.view.open.size).toBe(1);
  const running = openThread(url, "agent", { seed: 2, answer: approve });
  await running.driver.start();
  await cluster.stop("fast");
  const refused = await fetch(`${server.url}/threads/${waiting.driver.threadId}`);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ error: "store_unavailable" });
  const finished = [waiting, running].map(({ driver }) => driver.finish());
  await cluster.start();
  await Promise.all(finished);
  for (const { driver, reader } of [waiting, running]) {
    const ledger = ledgerOf(directory.path);
    const check = { url: url(), driver, readers: [reader], ledger, random: createRandom(1) };
    expect(await checkThread(check)).toEqual([]);
    await reader.stop();
  }
});
