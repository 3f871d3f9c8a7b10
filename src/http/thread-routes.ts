import { randomUUID } from "node:crypto";
import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { SuperStep } from "../core/graph.ts";
import { pruneThread } from "../core/prune.ts";
import { CountersignError } from "../protocol/errors.ts";
import { checkThreadId, demand, getThread, threadOf } from "./access.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { jsonReply } from "./json-reply.ts";
import { threadReply } from "./reply-schemas.ts";
import { readBody } from "./respond.ts";
import { metadata } from "./schemas.ts";
import { showThreads } from "./show-threads.ts";

const minutes = z.number().positive().max(1e9);

/** How long the thread stays after it was last used, in minutes. */
const ttlField = z
  .union([
    minutes,
    z.object({ ttl: minutes.nullish().default(null), strategy: z.literal("delete").nullish() }),
  ])
  .nullish();

const superstep = z.object({
  updates: z
    .array(
      z.object({
        values: z.unknown().optional(),
        command: z.object({ update: z.unknown().optional(), goto: z.unknown().optional() }).nullish(),
        as_node: z.string().nullish(),
      }),
    )
    .min(1),
});

const createBody = z.object({
  thread_id: z.string().nullish(),
  metadata: metadata.nullish(),
  if_exists: z.enum(["raise", "do_nothing"]).nullish(),
  supersteps: z.array(superstep).max(1000).nullish(),
  ttl: ttlField,
});

const pruneBody = z.object({
  thread_ids: z.array(z.string()).min(1).max(1000),
  strategy: z.enum(["delete", "keep_latest"]),
  /** Checkpoints of the root that `keep_latest` keeps. */
  keep: z.number().int().min(1).default(1),
});

const patchBody = z.object({ metadata: metadata.nullish(), ttl: ttlField });

/** Threads (reference/protocol.md 1.2). */
export function addThreadRoutes(app: Hono<Env>, core: Core): void {
  const { store, commands, now } = core;

  app.post("/threads", async (c) => {
    const body = await readBody(c.req.raw, createBody);
    const threadId = checkThreadId(body.thread_id ?? randomUUID());
    const { owner } = c.get("caller");
    const asked = { thread_id: threadId, metadata: body.metadata ?? {} };
    const granted = await demand(c.get("caller"), "threads.create", undefined, asked);
    if (body.supersteps?.length) await demand(c.get("caller"), "state.write", undefined, asked);
    const { thread, created } = await commands.createThread({
      threadId,
      owner,
      metadata: { ...asked.metadata, ...granted },
      ttlMs: toTtlMs(body.ttl) ?? null,
      supersteps: (body.supersteps ?? []).map(toStep),
      at: now(),
    });
    if (!created) {
      await getThread(core, c.get("caller"), threadId, "threads.read");
      if (body.if_exists !== "do_nothing") throw threadExists(threadId);
    }
    return jsonReply(c, (await showThreads(core, [thread]))[0]);
  });

  app.post("/threads/prune", async (c) => {
    const { thread_ids: ids, strategy, keep } = await readBody(c.req.raw, pruneBody);
    const threads = await Promise.all(
      ids.map((id) => getThread(core, c.get("caller"), id, "threads.delete")),
    );
    let pruned = 0;
    for (const { threadId } of threads) {
      if (strategy === "delete") await commands.deleteThread(threadId);
      if (strategy === "delete" || (await pruneThread(store, threadId, keep)) > 0) pruned += 1;
    }
    return c.json({ pruned_count: pruned });
  });

  app.get("/threads/:thread_id", async (c) =>
    jsonReply(c, (await showThreads(core, [await threadOf(core, c)]))[0]),
  );

  app.patch("/threads/:thread_id", async (c) => {
    const found = await threadOf(core, c);
    const body = await readBody(c.req.raw, patchBody);
    const asked = { thread_id: found.threadId, metadata: body.metadata ?? {} };
    const granted = await demand(c.get("caller"), "threads.update", found, asked);
    const changes = { ...asked.metadata, ...granted };
    const patched = await store.threads.patch(found.threadId, changes, now(), toTtlMs(body.ttl) ?? undefined);
    if (c.req.header("prefer") === "return=minimal" || patched === undefined) return c.body(null, 204);
    return jsonReply(c, (await showThreads(core, [patched]))[0]);
  });

  app.post("/threads/:thread_id/copy", async (c) => {
    const thread = await threadOf(core, c);
    const caller = c.get("caller");
    const granted = await demand(caller, "threads.create", undefined, { metadata: thread.metadata });
    const copy = await commands.copyThread({ thread, owner: caller.owner, metadata: granted });
    if (copy) return jsonReply(c, (await showThreads(core, [copy]))[0]);
    throw new CountersignError(
      "no_such_thread",
      `Thread ${thread.threadId} was deleted meanwhile. Start again.`,
    );
  });

  app.delete("/threads/:thread_id", async (c) => {
    const { threadId } = await threadOf(core, c, "threads.delete");
    await commands.deleteThread(threadId);
    return c.body(null, 204);
  });
}

/** In ms, from minutes; null to stay for ever. */
function toTtlMs(ttl: z.infer<typeof ttlField>): number | null | undefined {
  if (ttl == null) return ttl;
  const minutes = typeof ttl === "number" ? ttl : ttl.ttl;
  return minutes === null ? null : Math.max(1, Math.round(minutes * 60_000));
}

type Step = z.infer<typeof superstep>;

function toStep({ updates }: Step): SuperStep {
  return {
    updates: updates.map(({ values, command, as_node }) => ({
      values,
      ...(command ? { command } : {}),
      ...(as_node ? { asNode: as_node } : {}),
    })),
  };
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
  "POST /threads/prune": {
    summary: "Delete threads, or thin out their past",
    body: pruneBody,
    reply: z.object({ pruned_count: z.number().int() }),
    errors: ["no_such_thread", "state_busy"],
  },
  "GET /threads/:thread_id": { summary: "Get a thread", reply: threadReply, errors: ["no_such_thread"] },
  "PATCH /threads/:thread_id": {
    summary: "Change a thread's metadata, or how long it stays",
    headers: { prefer: "return=minimal: reply with 204." },
    body: patchBody,
    reply: threadReply,
    empty: [204],
    errors: ["no_such_thread"],
  },
  "POST /threads/:thread_id/copy": {
    summary: "Make a thread with the state of this one, without its runs",
    reply: threadReply,
    errors: ["no_such_thread", "state_busy"],
  },
  "DELETE /threads/:thread_id": {
    summary: "Delete a thread, with all that belongs to it",
    empty: [204],
    errors: ["no_such_thread"],
  },
};
