// `createEmbedServer` of @langchain/langgraph-api over node:http, in memory.
import { serve } from "@hono/node-server";
import { MemorySaver } from "@langchain/langgraph";
import { createEmbedServer } from "@langchain/langgraph-api/experimental/embed";
import { serveParent } from "../child.mjs";
import { createGraphs } from "../workload.mjs";

const saved = new Map();
const threads = {
  get: async (id) => saved.get(id),
  async set(id, { metadata }) {
    const thread = { thread_id: id, metadata: { ...saved.get(id)?.metadata, ...metadata } };
    saved.set(id, thread);
    return thread;
  },
  delete: async (id) => void saved.delete(id),
};
const app = createEmbedServer({ graph: createGraphs(), threads, checkpointer: new MemorySaver() });
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  serveParent({}, { url: `http://127.0.0.1:${port}` }),
);
