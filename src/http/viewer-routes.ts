import type { Hono } from "hono";
import type { Core } from "../core/core.ts";
import { threadOf } from "./access.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { viewersReply } from "./reply-schemas.ts";

/** Who has a thread open now. */
export function addViewerRoutes(app: Hono<Env>, core: Core): void {
  app.get("/threads/:thread_id/viewers", async (c) => {
    const { threadId } = await threadOf(core, c);
    const viewers = core.viewers
      .list(threadId)
      .map(({ id, verified, since }) => ({ id, verified, since: new Date(since).toISOString() }));
    return c.json({ viewers });
  });
}

/** For `/openapi.json`. */
export const viewerRoutes: RouteTable = {
  "GET /threads/:thread_id/viewers": {
    summary: "Who has a stream or a socket of the thread open, each once, who came first at the top",
    reply: viewersReply,
    errors: ["no_such_thread"],
  },
};
