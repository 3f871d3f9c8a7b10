import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { createServer, type ServerOptions } from "../../src/http/index.ts";
import { createStaticFiles, listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";

/** The built app's page over these graphs, in this process. */
export async function serveAppOver(directory: string, graphs: ServerOptions["graphs"]) {
  const server = createServer({ graphs, store: sqlite(join(directory, "test.db")) });
  const site = new Hono()
    .get("/app/info", (c) =>
      c.json({ model: null, workspace: null, servers: [], graphs: Object.keys(graphs) }),
    )
    .route("/", createStaticFiles(fileURLToPath(new URL("../../dist/web/", import.meta.url))))
    .all("*", (c) => server.fetch(c.req.raw));
  const { url, stop } = await listen(
    { ...server, fetch: async (request) => site.fetch(request) },
    { port: 0, host: "127.0.0.1" },
  );
  return { url, server, [Symbol.asyncDispose]: stop };
}
