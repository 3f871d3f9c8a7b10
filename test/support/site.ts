import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import { build } from "vite";
import { createServer as createCountersign, type ServerOptions } from "../../src/http/index.ts";
import { createStaticFiles, toNodeHandler } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";

const pages = fileURLToPath(new URL("../e2e/pages", import.meta.url));

/**
 * Builds a page of `test/e2e/pages` against one build of the SDK, named as in `package.json`.
 *
 * @throws Error when the page holds another one.
 */
export async function buildPage(file: string, sdk: string, outDir: string): Promise<void> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    root: pages,
    build: {
      outDir,
      emptyOutDir: true,
      rollupOptions: { input: join(pages, file), output: { entryFileNames: "assets/page.js" } },
    },
    resolve: { alias: [{ find: /^@langchain\/langgraph-sdk(?=\/|$)/, replacement: sdk }] },
  });
  const chunks = [built].flat().flatMap((one) => ("output" in one ? one.output : []));
  const modules = chunks.flatMap((chunk) => ("moduleIds" in chunk ? chunk.moduleIds : []));
  const found = new Set(
    modules.flatMap((id) => /node_modules\/((?:@langchain\/)?langgraph-sdk[^/]*)\//.exec(id)?.[1] ?? []),
  );
  if (found.size !== 1 || !found.has(sdk)) throw new Error(`${file} holds ${[...found]}, and not ${sdk}.`);
}

const index =
  '<!doctype html><title>x</title><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/assets/page.js"></script>';

export interface Site {
  readonly url: string;
  /** Stops the server in the middle of whatever it does, and starts it anew on the same file and port. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves a built page and the graphs it talks to, at one address. */
export async function serveSite(
  options: Pick<ServerOptions, "graphs"> & { directory: string; page: string },
): Promise<Site> {
  let port = 0;
  let stop = await open();

  async function open(): Promise<() => Promise<void>> {
    const countersign = createCountersign({
      graphs: options.graphs,
      store: sqlite(join(options.directory, "test.db")),
    });
    const app = new Hono<{ Bindings: Record<string, unknown> }>();
    app.get("/", (c) => c.html(index));
    app.route("/", createStaticFiles(options.page));
    app.all("*", (c) => countersign.fetch(c.req.raw, c.env));
    const fetch = async (request: Request, connection?: unknown) => app.fetch(request, connection as never);
    const http = createServer(toNodeHandler({ fetch }));
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(port, "127.0.0.1", resolve);
    });
    port = (http.address() as AddressInfo).port;
    await countersign.ready;
    return async () => {
      const closed = new Promise((resolve) => http.close(resolve));
      await countersign.close({ graceMs: 0 });
      http.closeAllConnections();
      await closed;
    };
  }

  return {
    url: `http://127.0.0.1:${port}`,
    async restart() {
      await stop();
      stop = await open();
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}
