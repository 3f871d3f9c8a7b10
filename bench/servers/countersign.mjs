// Countersign over node:http, on SQLite in `directory`, or on PostgreSQL at `postgres`.
import { join } from "node:path";
import { createServer } from "../../dist/http/index.js";
import { listen } from "../../dist/node/index.js";
import { sqlite } from "../../dist/sqlite/index.js";
import { serveParent } from "../child.mjs";
import { createGraphs } from "../workload.mjs";

const { directory, postgres: url, retention } = JSON.parse(process.argv[2]);

async function openStore() {
  if (url === undefined) return sqlite(join(directory, "bench.db"));
  const { postgres } = await import("../../dist/postgres/index.js");
  return postgres(url);
}

const began = performance.now();
const server = createServer({
  graphs: createGraphs(),
  store: await openStore(),
  maxConcurrentRuns: 128,
  ...(retention ? { retention } : {}),
});
const listening = await listen(server, { port: 0, host: "127.0.0.1" });
const openMs = performance.now() - began;
serveParent({ close: () => listening.stop() }, { url: listening.url, openMs });
