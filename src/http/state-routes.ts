import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import { threadOf } from "./access.ts";
import type { Env } from "./env.ts";
import { readBody } from "./respond.ts";
import { checkpointId, isTrue, metadata } from "./schemas.ts";

const historyBody = z.object({
  limit: z.number().int().min(1).max(1000).default(10),
  before: checkpointId.nullish(),
  metadata: metadata.nullish(),
  checkpoint: z
    .looseObject({ checkpoint_ns: z.string().nullish(), checkpoint_id: z.string().nullish() })
    .nullish(),
});

/** A thread's state, now and before (reference/protocol.md 1.2). */
export function addStateRoutes(app: Hono<Env>, core: Core): void {
  const { states } = core;

  app.get("/threads/:thread_id/state", async (c) => {
    const thread = await threadOf(core, c);
    return c.json(await states.get(thread, {}, { subgraphs: isTrue(c.req.query("subgraphs")) }));
  });

  app.get("/threads/:thread_id/state/:checkpoint_id", async (c) => {
    const thread = await threadOf(core, c);
    const at = { checkpointId: c.req.param("checkpoint_id") };
    return c.json(await states.get(thread, at, { subgraphs: isTrue(c.req.query("subgraphs")) }));
  });

  app.post("/threads/:thread_id/history", async (c) => {
    const thread = await threadOf(core, c);
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
}
