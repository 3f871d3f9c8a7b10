import { expect, test } from "vitest";
import { checkThread, createRandom, getState, getThread, listRuns } from "../../src/testing/index.ts";
import { approve, ledgerOf, openThread, startFaultServer } from "../support/faults.ts";
import { temporaryDirectory } from "../support/serve.ts";

const dayMs = 86_400_000;

for (const { jump, offsetMs } of [
  { jump: "forwards", offsetMs: dayMs },
  { jump: "backwards", offsetMs: -dayMs },
]) {
  test(`the clock jumps ${jump} by a day, while runs are on and while they wait: nothing is lost or run twice`, async () => {
    await using directory = await temporaryDirectory();
    const env = { FAULT_DELAY_MS: "2", FAULT_LEASE_MS: "1000" };
    let server = await startFaultServer({ directory: directory.path, env });
    const url = () => server.url;
    const open = (graph: string, seed: number) => openThread(url, graph, { seed, answer: approve });
    const threads = [open("agent", 1), open("letters", 2), open("agent", 3), open("letters", 4)];
    const [waiting, asking, running, later] = threads as [(typeof threads)[0], ...typeof threads];
    try {
      await waiting.driver.start();
      await asking?.driver.start();
      await expect.poll(() => [waiting.reader.view.open.size, asking?.reader.view.open.size]).toEqual([1, 2]);
      await running?.driver.start();
      await server.tell({ type: "clock", offsetMs });
      await Promise.all([waiting, running, asking].map((one) => one?.driver.finish()));
      const runs = await listRuns(server.url, running?.driver.threadId ?? "");
      expect(runs?.map(({ attempt }) => attempt)).toEqual(runs?.map(() => 1));

      // A new process has the same clock, and then the right one again.
      await later?.driver.start();
      await server.kill();
      server = await startFaultServer({
        directory: directory.path,
        env: { ...env, FAULT_CLOCK_MS: String(offsetMs) },
      });
      await later?.driver.step();
      await server.tell({ type: "clock", offsetMs: 0 });
      await later?.driver.finish();
      for (const { driver, reader } of threads) {
        const ledger = ledgerOf(directory.path);
        const check = { url: url(), driver, readers: [reader], ledger, random: createRandom(1) };
        expect(await checkThread(check)).toEqual([]);
      }
    } finally {
      await server.kill();
      for (const { reader } of threads) await reader.stop();
    }
  });
}

test("a question expires when its time has come by the server's clock, and not before", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startFaultServer({ directory: directory.path });
  const { driver, reader } = openThread(() => server.url, "timed", { seed: 1 });
  await driver.start();
  await expect.poll(() => reader.view.open.size).toBe(1);
  await server.tell({ type: "clock", offsetMs: -dayMs });
  const other = openThread(() => server.url, "timed", { seed: 1 });
  await other.driver.start();
  await expect.poll(() => other.reader.view.open.size).toBe(1);
  // Its hour is over a day ago, that of the first is not.
  await server.tell({ type: "clock", offsetMs: 0 });
  await expect.poll(() => other.reader.view.open.size, { timeout: 5_000 }).toBe(0);
  expect((await getThread(server.url, driver.threadId))?.status).toBe("interrupted");
  await server.tell({ type: "clock", offsetMs: dayMs });
  await expect.poll(() => reader.view.open.size, { timeout: 5_000 }).toBe(0);
  for (const one of [driver, other.driver]) {
    await expect.poll(async () => (await getThread(server.url, one.threadId))?.status).toBe("idle");
    expect((await getState(server.url, one.threadId))?.values).toEqual({ said: ["asked", "late"] });
  }
  await Promise.all([reader.stop(), other.reader.stop()]);
});
