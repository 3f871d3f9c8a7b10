import { randomUUID } from "node:crypto";
import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { ThreadRecord } from "../core/ports.ts";
import { pruneThread } from "../core/prune.ts";
import { CountersignError } from "../protocol/errors.ts";
import { canonicalJson, type JsonObject } from "../protocol/json.ts";
import { checkThreadId, demand, getThread, maySee, threadOf } from "./access.ts";
import type { Scope } from "./auth.ts";
import { pageHeaders, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { threadListReply, threadReply } from "./reply-schemas.ts";
import { readBody } from "./respond.ts";
import { metadata } from "./schemas.ts";
import { toWireThread } from "./wire-records.ts";

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

const pruneBody = z.object({
  thread_ids: z.array(z.string()).min(1).max(1000),
  strategy: z.enum(["delete", "keep_latest"]),
  /** Checkpoints of the root that `keep_latest` keeps. */
  keep: z.number().int().min(1).default(1),
});

const patchBody = z.object({ metadata: metadata.nullish() });

/** Threads (reference/protocol.md 1.2). */
export function addThreadRoutes(app: Hono<Env>, core: Core): void {
  const { store, now } = core;

  app.post("/threads", async (c) => {
    const body = await readBody(c.req.raw, createBody);
    const threadId = checkThreadId(body.thread_id ?? randomUUID());
    const { owner } = c.get("caller");
    const asked = { thread_id: threadId, metadata: body.metadata ?? {} };
    const granted = await demand(c.get("caller"), "threads.create", undefined, asked);
    const { thread, created } = await store.threads.create({
      threadId,
      owner,
      metadata: { ...asked.metadata, ...granted },
      at: now(),
    });
    if (!created) {
      await getThread(core, c.get("caller"), threadId, "threads.read");
      if (body.if_exists !== "do_nothing") throw threadExists(threadId);
    }
    return c.json((await show(core, [thread]))[0]);
  });

  app.post("/threads/search", async (c) => {
    const body = await readBody(c.req.raw, searchBody);
    const { owner } = c.get("caller");
    const scope = await c.get("caller").scope({ metadata: body.metadata ?? {} });
    const metadata = narrow(body.metadata, scope);
    if (metadata === undefined) return c.json([]);
    const threads = await store.threads.search({
      ...(body.ids ? { ids: body.ids } : {}),
      metadata,
      ...(body.status ? { status: body.status } : {}),
      ...(owner === null ? {} : { owner }),
      limit: body.limit + 1,
      offset: body.offset,
      sortBy: body.sort_by ?? "updated_at",
      sortOrder: body.sort_order ?? "desc",
    });
    if (threads.length > body.limit) c.header("x-pagination-next", String(body.offset + body.limit));
    const page = threads.slice(0, body.limit);
    const seen = await Promise.all(
      page.map(async (thread) =>
        scope?.matches?.(thread.metadata) === false ? false : maySee(c.get("caller"), thread),
      ),
    );
    const visible = page.filter((_thread, index) => seen[index]);
    return c.json(await show(core, visible, body.select));
  });

  app.post("/threads/prune", async (c) => {
    const { thread_ids: ids, strategy, keep } = await readBody(c.req.raw, pruneBody);
    const threads = await Promise.all(
      ids.map((id) => getThread(core, c.get("caller"), id, "threads.delete")),
    );
    let pruned = 0;
    for (const { threadId } of threads) {
      if (strategy === "delete") await store.threads.delete(threadId);
      if (strategy === "delete" || (await pruneThread(store, threadId, keep)) > 0) pruned += 1;
    }
    return c.json({ pruned_count: pruned });
  });

  app.get("/threads/:thread_id", async (c) => c.json((await show(core, [await threadOf(core, c)]))[0]));

  app.patch("/threads/:thread_id", async (c) => {
    const found = await threadOf(core, c);
    const body = await readBody(c.req.raw, patchBody);
    const asked = { thread_id: found.threadId, metadata: body.metadata ?? {} };
    const granted = await demand(c.get("caller"), "threads.update", found, asked);
    const patched = await store.threads.patch(found.threadId, { ...asked.metadata, ...granted }, now());
    if (c.req.header("prefer") === "return=minimal" || patched === undefined) return c.body(null, 204);
    return c.json((await show(core, [patched]))[0]);
  });

  app.delete("/threads/:thread_id", async (c) => {
    const { threadId } = await threadOf(core, c, "threads.delete");
    await store.threads.delete(threadId);
    return c.body(null, 204);
  });
}

/** Threads as clients see them; only the fields in `select`, when there is one. */
async function show(
  { store, states, bridge }: Core,
  threads: ThreadRecord[],
  select?: readonly string[] | null,
): Promise<Record<string, unknown>[]> {
  const wants = (field: string) => select == null || select.includes(field);
  const ids = threads.map(({ threadId }) => threadId);
  const open = wants("interrupts") ? await store.interrupts.listOpen(ids) : [];
  const values = wants("values") ? await states.values(threads) : new Map<string, unknown>();
  return threads.map((thread) => {
    const own = open.filter(({ threadId }) => threadId === thread.threadId);
    const wire = toWireThread(thread, { open: own, bridge }, values.get(thread.threadId) ?? null);
    return Object.fromEntries(Object.entries(wire).filter(([field]) => wants(field)));
  });
}

/** The metadata to search by; undefined when what is asked for lies outside of what may be found. */
function narrow(asked: JsonObject | null | undefined, scope: Scope | undefined): JsonObject | undefined {
  const found = { ...asked, ...scope?.metadata };
  const isInside = Object.entries(asked ?? {}).every(
    ([key, value]) => canonicalJson(found[key]) === canonicalJson(value),
  );
  return isInside ? found : undefined;
}

function threadExists(threadId: string): CountersignError {
  return new CountersignError(
    "thread_exists",
    `Thread ${threadId} exists already. Use another id, or if_exists: "do_nothing".`,
  );
}

/** For `/openapi.json`. */
export const threadRoutes: RouteTable = {
  "POST /threads": {
    summary: "Create a thread",
    body: createBody,
    reply: threadReply,
    errors: ["thread_exists", "no_such_thread"],
  },
  "POST /threads/search": {
    summary: "Find threads",
    body: searchBody,
    reply: threadListReply,
    replyHeaders: pageHeaders,
  },
  "POST /threads/prune": {
    summary: "Delete threads, or thin out their past",
    body: pruneBody,
    reply: z.object({ pruned_count: z.number().int() }),
    errors: ["no_such_thread", "state_busy"],
  },
  "GET /threads/:thread_id": { summary: "Get a thread", reply: threadReply, errors: ["no_such_thread"] },
  "PATCH /threads/:thread_id": {
    summary: "Change a thread's metadata",
    headers: { prefer: "return=minimal: reply with 204." },
    body: patchBody,
    reply: threadReply,
    empty: [204],
    errors: ["no_such_thread"],
  },
  "DELETE /threads/:thread_id": {
    summary: "Delete a thread, with all that belongs to it",
    empty: [204],
    errors: ["no_such_thread"],
  },
};
