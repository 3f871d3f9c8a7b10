import { randomUUID } from "node:crypto";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { ThreadRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { checkThreadId, getThread } from "./access.ts";
import type { Env } from "./env.ts";
import { parse, readBody } from "./respond.ts";
import { toWireRun, toWireThread } from "./wire-records.ts";

const metadata = z.record(z.string(), z.json()).transform((value) => value as JsonObject);

const createBody = z.object({
  thread_id: z.string().nullish(),
  metadata: metadata.nullish(),
  if_exists: z.enum(["raise", "do_nothing"]).nullish(),
});

const searchBody = z.object({
  ids: z.array(z.string()).max(1000).nullish(),
  metadata: metadata.nullish(),
  status: z.enum(["idle", "busy", "interrupted", "error"]).nullish(),
  limit: z.number().int().min(1).max(1000).default(10),
  offset: z.number().int().min(0).default(0),
  sort_by: z.enum(["thread_id", "status", "created_at", "updated_at", "state_updated_at"]).nullish(),
  sort_order: z.enum(["asc", "desc"]).nullish(),
  select: z.array(z.string()).nullish(),
});

/** The JS SDK sends `before` as a config, others as a checkpoint id (reference/protocol.md 1.2). */
const checkpointId = z.union([
  z.string(),
  z.looseObject({ configurable: z.looseObject({ checkpoint_id: z.string().nullish() }).nullish() }).transform(
    (config) => config.configurable?.checkpoint_id ?? undefined,
  ),
]);

const historyBody = z.object({
  limit: z.number().int().min(1).max(1000).default(10),
  before: checkpointId.nullish(),
  metadata: metadata.nullish(),
  checkpoint: z
    .looseObject({ checkpoint_ns: z.string().nullish(), checkpoint_id: z.string().nullish() })
    .nullish(),
});

const runsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(10),
  offset: z.coerce.number().int().min(0).default(0),
  status: z.enum(["pending", "running", "error", "success", "timeout", "interrupted"]).optional(),
});

const isTrue = (value: string | undefined) => value === "1" || value === "true";

/** The REST surface over threads, their state and their runs (reference/protocol.md 1.2 and 1.3). */
export function addThreadRoutes(app: Hono<Env>, core: Core): void {
  const { store, states, commands, now } = core;
  const threadOf = (c: Context<Env>): Promise<ThreadRecord> =>
    getThread(core, c.get("caller"), c.req.param("thread_id") ?? "");

  async function show(threads: ThreadRecord[], select?: readonly string[] | null): Promise<Record<string, unknown>[]> {
    const wants = (field: string) => select == null || select.includes(field);
    const open = wants("interrupts") ? await store.interrupts.listOpen(threads.map(({ threadId }) => threadId)) : [];
    const values = wants("values") ? await states.values(threads) : new Map<string, unknown>();
    return threads.map((thread) => {
      const own = open.filter(({ threadId }) => threadId === thread.threadId);
      const wire = toWireThread(thread, own, values.get(thread.threadId) ?? null);
      return Object.fromEntries(Object.entries(wire).filter(([field]) => wants(field)));
    });
  }

  app.post("/threads", async (c) => {
    const body = await readBody(c.req.raw, createBody);
    const threadId = checkThreadId(body.thread_id ?? randomUUID());
    const { owner } = c.get("caller");
    const { thread, created } = await store.threads.create({ threadId, owner, metadata: body.metadata ?? {}, at: now() });
    if (!created) {
      await getThread(core, c.get("caller"), threadId);
      if (body.if_exists !== "do_nothing") {
        throw new CountersignError("thread_exists", `Thread ${threadId} exists already. Use another id, or if_exists: "do_nothing".`);
      }
    }
    return c.json((await show([thread]))[0]);
  });

  app.post("/threads/search", async (c) => {
    const body = await readBody(c.req.raw, searchBody);
    const { owner } = c.get("caller");
    const threads = await store.threads.search({
      ...(body.ids ? { ids: body.ids } : {}),
      ...(body.metadata ? { metadata: body.metadata } : {}),
      ...(body.status ? { status: body.status } : {}),
      ...(owner === null ? {} : { owner }),
      limit: body.limit + 1,
      offset: body.offset,
      sortBy: body.sort_by ?? "updated_at",
      sortOrder: body.sort_order ?? "desc",
    });
    if (threads.length > body.limit) c.header("x-pagination-next", String(body.offset + body.limit));
    return c.json(await show(threads.slice(0, body.limit), body.select));
  });

  app.get("/threads/:thread_id", async (c) => c.json((await show([await threadOf(c)]))[0]));

  app.patch("/threads/:thread_id", async (c) => {
    const { threadId } = await threadOf(c);
    const body = await readBody(c.req.raw, z.object({ metadata: metadata.nullish() }));
    const patched = await store.threads.patch(threadId, body.metadata ?? {}, now());
    if (c.req.header("prefer") === "return=minimal" || patched === undefined) return c.body(null, 204);
    return c.json((await show([patched]))[0]);
  });

  app.delete("/threads/:thread_id", async (c) => {
    const { threadId } = await threadOf(c);
    await store.threads.delete(threadId);
    return c.body(null, 204);
  });

  app.get("/threads/:thread_id/state", async (c) => {
    const thread = await threadOf(c);
    return c.json(await states.get(thread, {}, { subgraphs: isTrue(c.req.query("subgraphs")) }));
  });

  app.get("/threads/:thread_id/state/:checkpoint_id", async (c) => {
    const thread = await threadOf(c);
    const at = { checkpointId: c.req.param("checkpoint_id") };
    return c.json(await states.get(thread, at, { subgraphs: isTrue(c.req.query("subgraphs")) }));
  });

  app.post("/threads/:thread_id/history", async (c) => {
    const thread = await threadOf(c);
    const { limit, before, metadata, checkpoint } = await readBody(c.req.raw, historyBody);
    // The thread-protocol client joins nested namespaces with NUL (reference/protocol.md 1.2).
    const ns = checkpoint?.checkpoint_ns?.replaceAll("\u0000", "|");
    const history = await states.history(thread, {
      limit,
      ...(before ? { before } : {}),
      ...(metadata ? { metadata } : {}),
      ...(ns ? { checkpointNs: ns } : {}),
      ...(checkpoint?.checkpoint_id ? { checkpointId: checkpoint.checkpoint_id } : {}),
    });
    return c.json(history);
  });

  app.get("/threads/:thread_id/runs", async (c) => {
    const { threadId } = await threadOf(c);
    const { limit, offset, status } = parse(runsQuery, c.req.query());
    const runs = await store.runs.list(threadId, { limit, offset, ...(status ? { status } : {}) });
    return c.json(runs.map(toWireRun));
  });

  app.get("/threads/:thread_id/runs/:run_id", async (c) => {
    const { threadId } = await threadOf(c);
    const run = await store.runs.find(threadId, c.req.param("run_id"));
    if (run) return c.json(toWireRun(run));
    throw new CountersignError("no_such_run", `There is no run ${c.req.param("run_id")} on thread ${threadId}.`);
  });

  app.post("/threads/:thread_id/runs/:run_id/cancel", async (c) => {
    const { threadId } = await threadOf(c);
    if (c.req.query("action") === "rollback") {
      throw new CountersignError("not_supported", "Cancelling with action=rollback is not supported yet. Use action=interrupt.");
    }
    const wait = isTrue(c.req.query("wait"));
    await commands.cancel(threadId, [c.req.param("run_id")], { wait });
    return c.body(null, wait ? 204 : 202);
  });
}
