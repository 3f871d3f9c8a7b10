import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import { CountersignError } from "../protocol/errors.ts";
import { threadOf } from "./access.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { runReply } from "./reply-schemas.ts";
import { parse } from "./respond.ts";
import { isTrue } from "./schemas.ts";
import { toWireRun } from "./wire-records.ts";

const runsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(10),
  offset: z.coerce.number().int().min(0).default(0),
  status: z.enum(["pending", "running", "error", "success", "timeout", "interrupted"]).optional(),
});

const cancelQuery = z.object({ action: z.enum(["interrupt", "rollback"]).default("interrupt") });

/** Runs of a thread (reference/protocol.md 1.3). */
export function addRunRoutes(app: Hono<Env>, core: Core): void {
  const { store, commands } = core;

  app.get("/threads/:thread_id/runs", async (c) => {
    const { threadId } = await threadOf(core, c);
    const { limit, offset, status } = parse(runsQuery, c.req.query());
    const runs = await store.runs.list(threadId, { limit, offset, ...(status ? { status } : {}) });
    return c.json(runs.map(toWireRun));
  });

  app.get("/threads/:thread_id/runs/:run_id", async (c) => {
    const { threadId } = await threadOf(core, c);
    const run = await store.runs.find(threadId, c.req.param("run_id"));
    if (run) return c.json(toWireRun(run));
    throw new CountersignError(
      "no_such_run",
      `There is no run ${c.req.param("run_id")} on thread ${threadId}. List them with GET /threads/${threadId}/runs.`,
    );
  });

  app.post("/threads/:thread_id/runs/:run_id/cancel", async (c) => {
    const { threadId } = await threadOf(core, c, "runs.cancel");
    const { action } = parse(cancelQuery, c.req.query());
    const wait = isTrue(c.req.query("wait"));
    await commands.cancel({ threadId, runIds: [c.req.param("run_id")], wait, action });
    return c.body(null, wait ? 204 : 202);
  });
}

/** For `/openapi.json`. */
export const runRoutes: RouteTable = {
  "GET /threads/:thread_id/runs": {
    summary: "Runs of a thread, newest first",
    query: runsQuery,
    reply: z.array(runReply),
    errors: ["no_such_thread"],
  },
  "GET /threads/:thread_id/runs/:run_id": {
    summary: "Get a run",
    reply: runReply,
    errors: ["no_such_thread", "no_such_run"],
  },
  "POST /threads/:thread_id/runs/:run_id/cancel": {
    summary: "Cancel a run: 202 at once, or 204 when it has ended",
    query: cancelQuery.extend({ wait: z.string().optional() }),
    empty: [202, 204],
    errors: ["no_such_thread", "no_such_run"],
  },
};
