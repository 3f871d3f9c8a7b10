import { connect } from "node:net";
import { expect, test } from "vitest";
import {
  checkThread,
  createRandom,
  createView,
  getState,
  listRuns,
  readLog,
  type WireEvent,
} from "../../src/testing/index.ts";
import { approve, ledgerOf, openThread, startFaultServer } from "../support/faults.ts";
import { temporaryDirectory } from "../support/serve.ts";

test("an event loop is blocked for longer than the lease: the run is not dispatched again", async () => {
  await using directory = await temporaryDirectory();
  const env = { FAULT_LEASE_MS: "200", FAULT_DELAY_MS: "3" };
  await using server = await startFaultServer({ directory: directory.path, env });
  const url = () => server.url;
  const { driver, reader } = openThread(url, "agent", { seed: 1, answer: approve });
  await driver.start();
  await server.tell({ type: "block", ms: 1_000 });
  await expect.poll(() => reader.view.open.size, { timeout: 5_000 }).toBe(1);
  await driver.step();
  await server.tell({ type: "block", ms: 1_000 });
  await driver.finish();
  const runs = await listRuns(server.url, driver.threadId);
  expect(runs?.map(({ attempt }) => attempt)).toEqual([1, 1]);
  const check = { url: url(), driver, readers: [reader], ledger: ledgerOf(directory.path) };
  expect(await checkThread({ ...check, random: createRandom(1) })).toEqual([]);
  await reader.stop();
});

/** A client that asks for a thread's events and then reads nothing, until it is told to. */
function openStalled(url: string, threadId: string) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ channels: ["values", "messages", "tasks", "lifecycle", "input", "custom"] });
  const socket = connect({ host: hostname, port: Number(port) });
  socket.pause();
  const head = [
    `POST /threads/${threadId}/stream/events HTTP/1.1`,
    `host: ${hostname}:${port}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "connection: close",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  return {
    /** Reads on, up to this seq. */
    async readTo(last: number): Promise<WireEvent[]> {
      const events: WireEvent[] = [];
      let text = "";
      for await (const chunk of socket) {
        const lines = (text + chunk).split("\n");
        text = lines.pop() ?? "";
        const data = lines.filter((line) => line.startsWith("data: "));
        events.push(...data.map((line) => JSON.parse(line.slice(6)) as WireEvent));
        if (events.some(({ seq }) => seq >= last)) break;
      }
      return events;
    },
  };
}

test("readers that stop reading hold up nobody, and miss nothing when they read on", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startFaultServer({ directory: directory.path });
  const url = () => server.url;
  // More than the buffers between two processes hold, many times over: every state has it.
  const input = { messages: [{ role: "user", content: "Book it. ".repeat(100_000) }] };
  const { driver, reader } = openThread(url, "agent", { seed: 1, answer: approve, input });
  const stalled = Array.from({ length: 4 }, () => openStalled(server.url, driver.threadId));
  await driver.finish();
  const check = { url: url(), driver, readers: [reader], ledger: ledgerOf(directory.path) };
  expect(await checkThread({ ...check, random: createRandom(1) })).toEqual([]);
  const log = await readLog(server.url, driver.threadId);
  const state = await getState(server.url, driver.threadId);
  await reader.stop();
  const last = log.at(-1)?.seq ?? 0;
  for (const events of await Promise.all(stalled.map((one) => one.readTo(last)))) {
    const faults: string[] = [];
    const view = createView((fault) => faults.push(fault));
    for (const event of events) view.apply(event);
    expect(faults).toEqual([]);
    expect([view.cursor, view.values]).toEqual([last, state?.values]);
  }
});
