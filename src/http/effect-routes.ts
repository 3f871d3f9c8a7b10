import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { EffectRecord } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { threadOf } from "./access.ts";
import { pageHeaders, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { effectReply, effectsReply } from "./reply-schemas.ts";
import { parse } from "./respond.ts";

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(10),
  offset: z.coerce.number().int().min(0).default(0),
});

/** The record of effects: what a thread did to the world, with all that came back. */
export function addEffectRoutes(app: Hono<Env>, core: Core): void {
  const { effects } = core.store;

  app.get("/threads/:thread_id/effects", async (c) => {
    const { threadId } = await threadOf(core, c);
    const { limit, offset } = parse(pageQuery, c.req.query());
    const found = await effects.list(threadId, { limit: limit + 1, offset });
    if (found.length > limit) c.header("x-pagination-next", String(offset + limit));
    return c.json({ effects: found.slice(0, limit).map(toWireEffect) });
  });

  app.get("/threads/:thread_id/effects/:key", async (c) => {
    const { threadId } = await threadOf(core, c);
    const key = c.req.param("key");
    const [effect] = await effects.find(threadId, [key]);
    if (effect) return c.json({ ...toWireEffect(effect), result: effect.result });
    throw new CountersignError(
      "not_found",
      `Thread ${threadId} has no effect ${key}. List them with GET /threads/${threadId}/effects.`,
    );
  });
}

function toWireEffect({ key, status, startedAt, endedAt, about }: Omit<EffectRecord, "result">) {
  return {
    key,
    status,
    started_at: new Date(startedAt).toISOString(),
    finished_at: endedAt === null ? null : new Date(endedAt).toISOString(),
    about,
  };
}

/** For `/openapi.json`. */
export const effectRoutes: RouteTable = {
  "GET /threads/:thread_id/effects": {
    summary: "What a thread did to the world, oldest first, without results",
    query: pageQuery,
    reply: effectsReply,
    replyHeaders: pageHeaders,
    errors: ["no_such_thread"],
  },
  "GET /threads/:thread_id/effects/:key": {
    summary: "One effect, with its whole result",
    reply: effectReply,
    errors: ["no_such_thread", "not_found", "invalid_argument"],
  },
};
