import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ServerOptions } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";

/** A directory that is removed by the returned disposer. */
export async function temporaryDirectory(): Promise<{
  path: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), "countersign-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A real server on a real port over a real file. */
export async function serve(options: Omit<ServerOptions, "store"> & { directory: string }) {
  const server = createServer({
    report: (error) => {
      throw error;
    },
    ...options,
    store: sqlite(join(options.directory, "test.db")),
  });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  return { url, stop, server, [Symbol.asyncDispose]: stop };
}
