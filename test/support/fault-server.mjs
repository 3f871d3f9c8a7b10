// A server that the fault tests start as a process, kill and start again. What it is to do is in its environment.
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "countersign";
import { listen } from "countersign/node";
import { obeyHarness, readFaultPlan, shiftClock, withFaults } from "countersign/testing";
import { connectServers } from "countersign/tools";
import { createFaultGraphs, createRecordingAgent } from "./fault-graphs.mjs";

const {
  FAULT_DIRECTORY,
  FAULT_STORE,
  FAULT_TRACE,
  FAULT_LEASE_MS,
  FAULT_DELAY_MS,
  FAULT_CLOCK_MS,
  FAULT_MCP,
} = process.env;
shiftClock(Number(FAULT_CLOCK_MS ?? 0));
mkdirSync(FAULT_DIRECTORY, { recursive: true });

const trace = ({ name, threadId }) => appendFileSync(FAULT_TRACE, `${JSON.stringify({ name, threadId })}\n`);
const store = withFaults(
  await openStore(),
  readFaultPlan(process.env),
  FAULT_TRACE === undefined ? undefined : trace,
);
const connected = FAULT_MCP === undefined ? undefined : await connectServers(JSON.parse(FAULT_MCP));
const server = createServer({
  graphs: {
    ...createFaultGraphs({
      directory: FAULT_DIRECTORY,
      ledger: join(FAULT_DIRECTORY, "ledger.jsonl"),
      delayMs: Number(FAULT_DELAY_MS ?? 0),
    }),
    ...(connected ? { recording: createRecordingAgent(connected.tools) } : {}),
  },
  store,
  leaseMs: Number(FAULT_LEASE_MS ?? 10_000),
  now: () => Date.now(),
});
const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
process.on("SIGXFSZ", () => {}); // a file may grow no more: the write fails, and says so
obeyHarness({ url, store, stop });

async function openStore() {
  if (FAULT_STORE?.startsWith("postgres")) {
    const { postgres } = await import("countersign/postgres");
    return postgres(FAULT_STORE, { outageMs: 10_000 });
  }
  const { sqlite } = await import("countersign/sqlite");
  return sqlite(FAULT_STORE ?? join(FAULT_DIRECTORY, "test.db"));
}
