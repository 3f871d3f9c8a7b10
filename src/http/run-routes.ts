import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { CancelAction } from "../core/ports.ts";
import { toWireRun } from "../core/wire-run.ts";
import { CountersignError } from "../protocol/errors.ts";
import { findThread, getThread, threadOf } from "./access.ts";
import type { Caller } from "./auth.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { pick } from "./paging.ts";
import { runReply } from "./reply-schemas.ts";
import { parse, readBody } from "./respond.ts";
import { isTrue, listOf } from "./schemas.ts";

const runsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(10),
  offset: z.coerce.number().int().min(0).default(0),
  status: z.enum(["pending", "running", "error", "success", "timeout", "interrupted"]).optional(),
});

const cancelQuery = z.object({
  action: z.enum(["interrupt", "rollback"]).default("interrupt"),
  /** `step`: what runs is finished, and nothing new begins. */
  after: z.literal("step").optional(),
});

const cancelBody = z
  .object({
    thread_id: z.string().nullish(),
    run_ids: z.array(z.string()).max(1000).nullish(),
    status: z.enum(["pending", "running", "all"]).nullish(),
  })
  .refine(({ run_ids, status }) => run_ids != null || status != null, "name run_ids or a status");

/** Runs of a thread (reference/protocol.md 1.3). */
export function addRunRoutes(app: Hono<Env>, core: Core): void {
  const { store, commands } = core;

  app.get("/threads/:thread_id/runs", async (c) => {
    const { threadId } = await threadOf(core, c);
    const { limit, offset, status } = parse(runsQuery, c.req.query());
    const runs = await store.runs.list(threadId, { limit, offset, ...(status ? { status } : {}) });
    return c.json(runs.map((run) => pick(toWireRun(run), listOf(c, "select"))));
  });

  app.get("/threads/:thread_id/runs/:run_id", async (c) => {
    const { threadId } = await threadOf(core, c);
    const run = await store.runs.find(threadId, c.req.param("run_id"));
    if (run) return c.json(toWireRun(run));
    throw noSuchRun(threadId, c.req.param("run_id"));
  });

  app.delete("/threads/:thread_id/runs/:run_id", async (c) => {
    const { threadId } = await threadOf(core, c, "runs.cancel");
    const runId = c.req.param("run_id");
    if (await store.runs.delete(threadId, runId)) return c.body(null, 204);
    throw noSuchRun(threadId, runId);
  });

  app.post("/runs/cancel", async (c) => {
    const action = actionOf(parse(cancelQuery, c.req.query()));
    await cancelMany(core, c.get("caller"), { ...(await readBody(c.req.raw, cancelBody)), action });
    return c.body(null, 204);
  });

  app.post("/threads/:thread_id/runs/:run_id/cancel", async (c) => {
    const { threadId } = await threadOf(core, c, "runs.cancel");
    const action = actionOf(parse(cancelQuery, c.req.query()));
    const wait = isTrue(c.req.query("wait"));
    await commands.cancel({ threadId, runIds: [c.req.param("run_id")], wait, action });
    return c.body(null, wait ? 204 : 202);
  });
}

/** @throws `invalid_argument` for what cannot be had together */
function actionOf({ action, after }: z.infer<typeof cancelQuery>): CancelAction {
  if (after === undefined) return action;
  if (action !== "rollback") return "step";
  throw new CountersignError(
    "invalid_argument",
    "A run that is rolled back is stopped at once: leave out `after`, or `action`.",
  );
}

const cancelledAtOnce = 1_000;

/** Stops runs that the caller may stop: those named, or all of a status. @throws `no_such_thread`, `no_such_run` */
async function cancelMany(
  core: Core,
  caller: Caller,
  { thread_id, run_ids, status, action }: z.infer<typeof cancelBody> & { action: CancelAction },
): Promise<void> {
  if (thread_id) await getThread(core, caller, thread_id, "runs.cancel");
  if (thread_id && run_ids) {
    return core.commands.cancel({ threadId: thread_id, runIds: run_ids, wait: false, action });
  }
  const found = await core.store.runs.listUnfinished({
    ...(caller.owner === null ? {} : { owner: caller.owner }),
    ...(thread_id ? { threadId: thread_id } : {}),
    ...(run_ids ? { runIds: run_ids } : {}),
    ...(status && status !== "all" ? { status } : {}),
    limit: cancelledAtOnce,
  });
  for (const threadId of new Set(found.map((run) => run.threadId))) {
    const runIds = found.filter((run) => run.threadId === threadId).map(({ runId }) => runId);
    if (!thread_id && !(await mayCancel(core, caller, threadId))) continue;
    await core.commands.cancel({ threadId, runIds, wait: false, action });
  }
}

async function mayCancel(core: Core, caller: Caller, threadId: string): Promise<boolean> {
  const thread = await findThread(core, caller, threadId);
  return thread !== undefined && (await caller.may("runs.cancel", thread));
}

function noSuchRun(threadId: string, runId: string): CountersignError {
  return new CountersignError(
    "no_such_run",
    `There is no run ${runId} on thread ${threadId}. List them with GET /threads/${threadId}/runs.`,
  );
}

/** For `/openapi.json`. */
export const runRoutes: RouteTable = {
  "GET /threads/:thread_id/runs": {
    summary: "Runs of a thread, newest first",
    query: runsQuery.extend({ select: z.array(z.string()).optional() }),
    reply: z.array(runReply.partial()),
    errors: ["no_such_thread"],
  },
  "GET /threads/:thread_id/runs/:run_id": {
    summary: "Get a run",
    reply: runReply,
    errors: ["no_such_thread", "no_such_run"],
  },
  "DELETE /threads/:thread_id/runs/:run_id": {
    summary: "Delete a run that has ended; what it asked and did stays recorded",
    empty: [204],
    errors: ["no_such_thread", "no_such_run", "state_busy"],
  },
  "POST /runs/cancel": {
    summary: "Cancel runs: those named, or all of a status",
    query: cancelQuery,
    body: cancelBody,
    empty: [204],
    errors: ["no_such_thread", "no_such_run"],
  },
  "POST /threads/:thread_id/runs/:run_id/cancel": {
    summary: "Cancel a run, now or after its step: 202 at once, or 204 when it has ended",
    query: cancelQuery.extend({ wait: z.string().optional() }),
    empty: [202, 204],
    errors: ["no_such_thread", "no_such_run"],
  },
};
