import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import { threadOf } from "./access.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { jsonTextReply } from "./json-reply.ts";
import { selectedStateReply, updatedStateReply } from "./reply-schemas.ts";
import { readBody } from "./respond.ts";
import { checkpointId, isTrue, listOf, metadata } from "./schemas.ts";

const checkpointRef = z.looseObject({
  checkpoint_ns: z.string().nullish(),
  checkpoint_id: z.string().nullish(),
});

const updateBody = z.object({
  values: z.unknown(),
  as_node: z.string().nullish(),
  checkpoint: checkpointRef.nullish(),
  checkpoint_id: z.string().nullish(),
});

const select = z.array(z.string()).nullish();

const atBody = z.object({ checkpoint: checkpointRef, subgraphs: z.boolean().nullish(), select });

const patchBody = z.object({ metadata: metadata.nullish() });

const historyBody = z.object({
  limit: z.number().int().min(1).max(1000).default(10),
  before: checkpointId.nullish(),
  metadata: metadata.nullish(),
  checkpoint: checkpointRef.nullish(),
  select,
});

/** A thread's state, now and before (reference/protocol.md 1.2). */
export function addStateRoutes(app: Hono<Env>, core: Core): void {
  const { states, commands } = core;
  const askedOf = (c: Context<Env>) => ({
    subgraphs: isTrue(c.req.query("subgraphs")),
    select: listOf(c, "select"),
  });

  app.get("/threads/:thread_id/state", async (c) => {
    const thread = await threadOf(core, c);
    return jsonTextReply(c, await states.getJson(thread, {}, askedOf(c)));
  });

  app.post("/threads/:thread_id/state", async (c) => {
    const thread = await threadOf(core, c, "state.write");
    const { values, as_node, checkpoint, checkpoint_id } = await readBody(c.req.raw, updateBody);
    const at = checkpoint_id ?? checkpoint?.checkpoint_id ?? undefined;
    const ns = checkpoint?.checkpoint_ns ?? "";
    const id = await commands.updateState({
      thread,
      values,
      ...(as_node ? { asNode: as_node } : {}),
      ...(at ? { checkpointId: at } : {}),
      checkpointNs: ns,
    });
    const written = { thread_id: thread.threadId, checkpoint_ns: ns, checkpoint_id: id };
    return c.json({ checkpoint: { ...written, checkpoint_map: null }, configurable: written });
  });

  app.patch("/threads/:thread_id/state", async (c) => {
    const { threadId } = await threadOf(core, c, "state.write");
    const { metadata } = await readBody(c.req.raw, patchBody);
    // What the engine says of a checkpoint is not for others to say.
    const { source, step, parents, writes, ...own } = metadata ?? {};
    await core.store.checkpoints.patchNewest(threadId, own);
    return c.body(null, 204);
  });

  app.post("/threads/:thread_id/state/checkpoint", async (c) => {
    const thread = await threadOf(core, c);
    const { checkpoint, subgraphs, select } = await readBody(c.req.raw, atBody);
    const { checkpoint_ns: ns, checkpoint_id: id } = checkpoint;
    const at = { ...(ns ? { checkpointNs: ns } : {}), ...(id ? { checkpointId: id } : {}) };
    const asked = { subgraphs: subgraphs ?? false, select: select ?? undefined };
    return jsonTextReply(c, await states.getJson(thread, at, asked));
  });

  app.get("/threads/:thread_id/state/:checkpoint_id", async (c) => {
    const thread = await threadOf(core, c);
    const at = { checkpointId: c.req.param("checkpoint_id") };
    return jsonTextReply(c, await states.getJson(thread, at, askedOf(c)));
  });

  app.post("/threads/:thread_id/history", async (c) => {
    const thread = await threadOf(core, c);
    const { limit, before, metadata, checkpoint, select } = await readBody(c.req.raw, historyBody);
    // The thread-protocol client joins nested namespaces with NUL (reference/protocol.md 1.2).
    const ns = checkpoint?.checkpoint_ns?.replaceAll("\u0000", "|");
    const history = await states.historyJson(thread, {
      limit,
      ...(before ? { before } : {}),
      ...(metadata ? { metadata } : {}),
      ...(ns ? { checkpointNs: ns } : {}),
      ...(checkpoint?.checkpoint_id ? { checkpointId: checkpoint.checkpoint_id } : {}),
      ...(select ? { select } : {}),
    });
    return jsonTextReply(c, history);
  });
}

const stateQuery = z.object({ subgraphs: z.string().optional(), select: z.array(z.string()).optional() });

/** For `/openapi.json`. */
export const stateRoutes: RouteTable = {
  "GET /threads/:thread_id/state": {
    summary: "The state of a thread",
    query: stateQuery,
    reply: selectedStateReply,
    errors: ["no_such_thread", "no_such_graph"],
  },
  "POST /threads/:thread_id/state": {
    summary: "Write to the state of a thread",
    body: updateBody,
    reply: updatedStateReply,
    errors: ["no_such_thread", "no_such_graph", "no_such_checkpoint", "state_busy"],
  },
  "PATCH /threads/:thread_id/state": {
    summary: "Add to the metadata of the newest checkpoint",
    body: patchBody,
    empty: [204],
    errors: ["no_such_thread", "state_busy"],
  },
  "POST /threads/:thread_id/state/checkpoint": {
    summary: "The state at a checkpoint, of a subgraph too",
    body: atBody,
    reply: selectedStateReply,
    errors: ["no_such_thread", "no_such_graph", "no_such_checkpoint"],
  },
  "GET /threads/:thread_id/state/:checkpoint_id": {
    summary: "The state at a checkpoint",
    query: stateQuery,
    reply: selectedStateReply,
    errors: ["no_such_thread", "no_such_graph", "no_such_checkpoint"],
  },
  "POST /threads/:thread_id/history": {
    summary: "Earlier states, newest first",
    body: historyBody,
    reply: z.array(selectedStateReply),
    errors: ["no_such_thread", "no_such_graph"],
  },
};
