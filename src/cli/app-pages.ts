import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import type { Server } from "../http/index.ts";
import { createStaticFiles } from "../node/index.ts";
import type { ServerStatus } from "../tools/index.ts";

/** What the app's pages show of what they run on. */
export interface AppInfo {
  /** Null where graphs have their models to themselves. */
  model: { label: string; provider: string; isOffline: boolean; note: string | null } | null;
  workspace: string | null;
  servers: ServerStatus[];
  /** Ids of the graphs that can be talked to. */
  graphs: string[];
}

/** The app as it was built, and what it asks about the server it came from. */
export function createAppPages(server: Pick<Server, "fetch">, info: AppInfo): Hono {
  const pages = new Hono();
  const web = fileURLToPath(new URL("../web/", import.meta.url));
  if (existsSync(web)) pages.route("/", createStaticFiles(web));
  pages.get("/app/info", async (c) => {
    // The server's own guard decides who may know: it is asked like for any other route.
    const allowed = await server.fetch(
      new Request(new URL("/info", c.req.url), { headers: c.req.raw.headers }),
    );
    return allowed.ok ? c.json(info) : allowed;
  });
  return pages;
}
