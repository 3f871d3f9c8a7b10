// The dev server of @langchain/langgraph-api, in memory.
import { fileURLToPath } from "node:url";
import { startServer } from "@langchain/langgraph-api/server";
import { serveParent } from "../child.mjs";

const { directory } = JSON.parse(process.argv[2]);
const graph = `${fileURLToPath(new URL("../workload.mjs", import.meta.url))}:agent`;
const { host, cleanup } = await startServer({
  port: 0,
  nWorkers: 128,
  host: "127.0.0.1",
  cwd: directory,
  graphs: { agent: graph },
});
serveParent({ flush: cleanup }, { url: `http://${host}` });
