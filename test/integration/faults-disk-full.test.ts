import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StepState } from "../../src/agent/index.ts";
import { checkThread, createRandom, getState, getThread, type Point } from "../../src/testing/index.ts";
import { approve, inputs, ledgerOf, openThread, startFaultServer } from "../support/faults.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { createSmallDisk } from "../support/small-disk.ts";

interface AgentValues {
  steps?: Record<string, StepState>;
}

test("the disk is full for a while at every write of a run: it goes on when there is space again", async () => {
  await using directory = await temporaryDirectory();
  const trace = join(directory.path, "trace");
  await using server = await startFaultServer({
    directory: directory.path,
    env: { FAULT_TRACE: trace, FAULT_LEASE_MS: "1000" },
  });
  const url = () => server.url;
  const dry = openThread(url, "agent", { seed: 1, answer: approve });
  await dry.driver.finish();
  await dry.reader.stop();
  const counts = new Map<string, number>();
  const points = readFileSync(trace, "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => {
      const { name } = JSON.parse(line) as Point;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return name.endsWith(":before") ? [{ at: name, nth: counts.get(name) ?? 1 }] : [];
    });
  const faults: string[] = [];
  for (const [index, { at, nth }] of points.entries()) {
    const { driver, reader } = openThread(url, "agent", { seed: index, answer: approve });
    const fault = { at, nth, times: 2, threadId: driver.threadId, do: "throw", error: "disk_full" } as const;
    await server.tell({ type: "arm", plan: { faults: [fault] } });
    await driver.finish();
    const check = { url: url(), driver, readers: [reader], ledger: ledgerOf(directory.path) };
    const found = await checkThread({ ...check, random: createRandom(index) });
    const state = (await getState(url(), driver.threadId)) as { values?: AgentValues } | undefined;
    const failed = Object.values(state?.values?.steps ?? {}).filter(({ status }) => status === "failed");
    found.push(...failed.map(({ error }) => `a step failed for it: ${error}`));
    faults.push(...found.map((one) => `${at} ${nth}: ${one}`));
    await reader.stop();
  }
  expect(faults).toEqual([]);
});

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
