import { join } from "node:path";
import { expect, test } from "vitest";
import { checkThread, createRandom, getThread } from "../../src/testing/index.ts";
import { approve, inputs, ledgerOf, openThread, startFaultServer } from "../support/faults.ts";
import { listPoints } from "../support/kill-points.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { createSmallDisk } from "../support/small-disk.ts";

/** Runs that go on at once. */
const atOnce = 6;

test("the disk is full for a while at every write of a run: it goes on when there is space again", async () => {
  const points = await listPoints({ assistantId: "agent", seed: 1 });
  const writes = points.filter(({ at }) => at.endsWith(":before"));
  expect(writes.length).toBeGreaterThan(25);
  await using directory = await temporaryDirectory();
  await using server = await startFaultServer({ directory: directory.path });
  const url = () => server.url;
  const ledger = ledgerOf(directory.path);
  for (let from = 0; from < writes.length; from += atOnce) {
    const threads = writes.slice(from, from + atOnce).map((point, index) => {
      return { point, ...openThread(url, "agent", { seed: from + index, answer: approve }) };
    });
    const faults = threads.map(({ point, driver: { threadId } }) => {
      return { ...point, times: 2, threadId, do: "throw", error: "disk_full" } as const;
    });
    await server.tell({ type: "arm", plan: { faults } });
    await Promise.all(threads.map(({ driver }) => driver.finish()));
    for (const { point, driver, reader } of threads) {
      const check = { url: url(), driver, readers: [reader], ledger, random: createRandom(from) };
      expect(await checkThread(check), `${point.at} ${point.nth}`).toEqual([]);
      await reader.stop();
    }
  }
}, 60_000);

test("the disk is really full: everybody is told so, nothing is lost, and it goes on when there is space", async () => {
  await using directory = await temporaryDirectory();
  using disk = createSmallDisk(directory.path);
  await using server = await startFaultServer({
    directory: directory.path,
    store: join(disk.path, "test.db"),
    env: { FAULT_LEASE_MS: "1000", FAULT_DELAY_MS: "2" },
  });
  const url = () => server.url;
  const ledger = ledgerOf(directory.path);
  const waiting = openThread(url, "agent", { seed: 1, answer: approve });
  await waiting.driver.start();
  await expect.poll(() => waiting.reader.view.open.size).toBe(1);
  const running = openThread(url, "agent", { seed: 2, answer: approve });
  await running.driver.start();

  await disk.fill(server);
  const refused = await fetch(`${server.url}/threads/${crypto.randomUUID()}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      id: 1,
      method: "run.start",
      params: { assistant_id: "agent", input: inputs.agent },
    }),
  });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  const told = (await refused.json()) as { error: string; message: string };
  expect(told).toMatchObject({ error: "store_unavailable", message: expect.stringMatching(/disk/) });
  await expect.poll(() => server.output()).toMatch(/disk/i);
  // What is there can still be read, and answers wait with who gave them.
  expect((await getThread(server.url, waiting.driver.threadId))?.status).toBe("interrupted");
  const finished = [waiting, running].map(({ driver }) => driver.finish());
  await expect.poll(() => waiting.driver.phase()).toBe("answer");

  await disk.free(server);
  await Promise.all(finished);
  for (const { driver, reader } of [waiting, running]) {
    const check = { url: url(), driver, readers: [reader], ledger, random: createRandom(1) };
    expect(await checkThread(check)).toEqual([]);
    await reader.stop();
  }
});
