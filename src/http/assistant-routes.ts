import { randomUUID } from "node:crypto";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { ToolDescription } from "../core/graph.ts";
import type { GraphSchemas } from "../core/graph-shape.ts";
import type { AssistantRecord, AssistantTerms } from "../core/ports.ts";
import { wireConfig } from "../protocol/commands.ts";
import { CountersignError } from "../protocol/errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { checkId, demand, getThread } from "./access.ts";
import { countedPageHeaders, type RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { page, pick, tellPage } from "./paging.ts";
import {
  assistantListReply,
  assistantReply,
  assistantVersionReply,
  schemasReply,
  toolsReply,
} from "./reply-schemas.ts";
import { readBody } from "./respond.ts";
import { isTrue, metadata } from "./schemas.ts";
import { toWireAssistant, toWireVersion } from "./wire-records.ts";

const terms = z.object({
  graph_id: z.string().min(1).nullish(),
  config: wireConfig.nullish(),
  context: z.record(z.string(), z.json()).nullish(),
  metadata: metadata.nullish(),
  name: z.string().max(200).nullish(),
  description: z.string().max(10_000).nullish(),
});

const createBody = terms.extend({
  graph_id: z.string().min(1),
  assistant_id: z.string().nullish(),
  if_exists: z.enum(["raise", "do_nothing"]).nullish(),
});

const filter = {
  graph_id: z.string().nullish(),
  name: z.string().nullish(),
  metadata: metadata.nullish(),
};

const searchBody = z.object({
  ...filter,
  ...page,
  sort_by: z.enum(["assistant_id", "graph_id", "name", "created_at", "updated_at"]).nullish(),
  sort_order: z.enum(["asc", "desc"]).nullish(),
  select: z.array(z.string()).nullish(),
});

const countBody = z.object(filter);
const versionsBody = z.object({ ...page, metadata: metadata.nullish() });
const latestBody = z.object({ version: z.number().int().min(1) });

/** Assistants: each graph's own, and those that clients make (reference/protocol.md 1.4). */
export function addAssistantRoutes(app: Hono<Env>, core: Core): void {
  const { store, now } = core;

  app.post("/assistants", async (c) => {
    await demand(c.get("caller"), "assistants.write");
    const body = await readBody(c.req.raw, createBody);
    const assistantId = checkId(body.assistant_id ?? randomUUID(), "assistant_id");
    const { owner } = c.get("caller");
    const { graphId } = core.graphs.get(body.graph_id);
    // A graph's name means its own assistant, wherever an assistant is named.
    if (core.graphs.find(assistantId) !== undefined && body.if_exists !== "do_nothing")
      throw exists(assistantId);
    const defaults = { name: "Untitled", description: null, config: {}, context: {}, metadata: {} };
    const { assistant, created } = await store.assistants.create({
      ...defaults,
      ...toTerms(body),
      assistantId,
      owner,
      isSystem: false,
      graphId,
      at: now(),
    });
    if (!created) {
      await core.assistants.get(assistantId, owner);
      if (body.if_exists !== "do_nothing") throw exists(assistantId);
    }
    return c.json(toWireAssistant(assistant));
  });

  app.post("/assistants/search", async (c) => {
    const body = await readBody(c.req.raw, searchBody);
    const { limit, offset } = body;
    const wanted = await toFilter(c, body);
    const found = await store.assistants.search({
      ...wanted,
      limit,
      offset,
      sortBy: body.sort_by ?? "created_at",
      sortOrder: body.sort_order ?? "desc",
    });
    tellPage(c, body, await store.assistants.count(wanted));
    return c.json(found.map((one) => pick(toWireAssistant(one), body.select)));
  });

  app.post("/assistants/count", async (c) => {
    const wanted = await toFilter(c, await readBody(c.req.raw, countBody));
    return c.json(await store.assistants.count(wanted));
  });

  app.get("/assistants/:assistant_id", async (c) => c.json(toWireAssistant(await read(core, c))));

  app.patch("/assistants/:assistant_id", async (c) => {
    const { assistantId } = await own(core, c);
    const changes = toTerms(await readBody(c.req.raw, terms));
    if (changes.graphId !== undefined) changes.graphId = core.graphs.get(changes.graphId).graphId;
    return c.json(
      toWireAssistant(there(await store.assistants.update(assistantId, changes, now()), assistantId)),
    );
  });

  app.delete("/assistants/:assistant_id", async (c) => {
    const { assistantId } = await own(core, c);
    if (isTrue(c.req.query("delete_threads"))) await deleteThreads(core, c, assistantId);
    await store.assistants.delete(assistantId);
    return c.body(null, 204);
  });

  app.post("/assistants/:assistant_id/versions", async (c) => {
    const { assistantId } = await read(core, c);
    const body = await readBody(c.req.raw, versionsBody);
    const { limit, offset, metadata: wanted } = body;
    const versions = await store.assistants.versions(assistantId, {
      limit,
      offset,
      ...(wanted ? { metadata: wanted } : {}),
    });
    return c.json(versions.map(toWireVersion));
  });

  app.post("/assistants/:assistant_id/latest", async (c) => {
    const { assistantId } = await own(core, c);
    const { version } = await readBody(c.req.raw, latestBody);
    const moved = await store.assistants.setVersion(assistantId, version, now());
    if (moved) return c.json(toWireAssistant(moved));
    throw new CountersignError(
      "not_found",
      `Assistant ${assistantId} has no version ${version}. List them with POST /assistants/${assistantId}/versions.`,
    );
  });

  addShapeRoutes(app, core);
}

/** What the graph behind an assistant looks like. */
function addShapeRoutes(app: Hono<Env>, core: Core): void {
  const shape = async (c: Context<Env>) => {
    const { graphId } = await read(core, c);
    return core.graphs.get(graphId);
  };

  app.get("/assistants/:assistant_id/graph", async (c) => {
    const xray = c.req.query("xray");
    const levels = Number(xray);
    const isLevels = xray !== undefined && Number.isInteger(levels) && levels > 0;
    return c.json(await (await shape(c)).shape.draw(isLevels ? levels : isTrue(xray)));
  });

  app.get("/assistants/:assistant_id/schemas", async (c) => {
    const engine = await shape(c);
    return c.json(toWireSchemas(engine.graphId, engine.shape.schemas()));
  });

  app.get("/assistants/:assistant_id/tools", async (c) =>
    c.json({ tools: (await shape(c)).describeTools().map(toWireTool) }),
  );

  app.get("/assistants/:assistant_id/subgraphs/:namespace?", async (c) => {
    const engine = await shape(c);
    const found = await engine.shape.subgraphs(c.req.param("namespace"), isTrue(c.req.query("recurse")));
    const entries = Object.entries(found).map(([name, schemas]) => [
      name,
      toWireSchemas(engine.graphId, schemas),
    ]);
    return c.json(Object.fromEntries(entries));
  });
}

function toWireTool({ name, description, risk, idempotent, inputSchema, contentArguments }: ToolDescription) {
  return {
    name,
    description,
    risk,
    idempotent,
    input_schema: inputSchema,
    content_arguments: contentArguments,
  };
}

function toWireSchemas(graphId: string, { input, output, state, context }: GraphSchemas) {
  return {
    graph_id: graphId,
    input_schema: input,
    output_schema: output,
    state_schema: state,
    config_schema: context,
    context_schema: context,
  };
}

async function toFilter(
  c: Context<Env>,
  {
    graph_id,
    name,
    metadata: wanted,
  }: { graph_id?: unknown; name?: unknown; metadata?: JsonObject | null | undefined },
) {
  const caller = c.get("caller");
  await demand(caller, "assistants.read");
  return {
    ...(typeof graph_id === "string" ? { graphId: graph_id } : {}),
    ...(typeof name === "string" ? { name } : {}),
    ...(wanted ? { metadata: wanted } : {}),
    ...(caller.owner === null ? {} : { owner: caller.owner }),
  };
}

async function read(core: Core, c: Context<Env>): Promise<AssistantRecord> {
  const caller = c.get("caller");
  const assistant = await core.assistants.get(c.req.param("assistant_id") ?? "", caller.owner);
  await demand(caller, "assistants.read");
  return assistant;
}

/** The assistant in the path, to change it. @throws `permission_denied` for a graph's own */
async function own(core: Core, c: Context<Env>): Promise<AssistantRecord> {
  const caller = c.get("caller");
  const assistant = await core.assistants.get(c.req.param("assistant_id") ?? "", caller.owner);
  await demand(caller, "assistants.write");
  if (!assistant.isSystem) return assistant;
  throw new CountersignError(
    "permission_denied",
    `${assistant.assistantId} is the assistant of graph ${assistant.graphId} itself and stays as it is. Create one of your own with POST /assistants.`,
  );
}

function toTerms(body: z.infer<typeof terms>): Partial<AssistantTerms> {
  const { graph_id, config, context, metadata: own, name, description } = body;
  return {
    ...(graph_id == null ? {} : { graphId: graph_id }),
    ...(config == null ? {} : { config: config as JsonObject }),
    ...(context == null ? {} : { context: context as JsonObject }),
    ...(own == null ? {} : { metadata: own }),
    ...(name == null ? {} : { name }),
    ...(description == null ? {} : { description }),
  };
}

const threadsAtOnce = 100;

/** Deletes the threads of an assistant that the caller may delete. */
async function deleteThreads(core: Core, c: Context<Env>, assistantId: string): Promise<void> {
  const caller = c.get("caller");
  const { owner } = caller;
  for (;;) {
    const threads = await core.store.threads.search({
      metadata: { assistant_id: assistantId },
      ...(owner === null ? {} : { owner }),
      limit: threadsAtOnce,
      offset: 0,
      sortBy: "created_at",
      sortOrder: "asc",
    });
    for (const { threadId } of threads) {
      await getThread(core, caller, threadId, "threads.delete");
      await core.commands.deleteThread(threadId);
    }
    if (threads.length < threadsAtOnce) return;
  }
}

function there(assistant: AssistantRecord | undefined, assistantId: string): AssistantRecord {
  if (assistant) return assistant;
  throw new CountersignError(
    "no_such_graph",
    `Assistant ${assistantId} was deleted meanwhile. Create it again.`,
  );
}

function exists(assistantId: string): CountersignError {
  return new CountersignError(
    "assistant_exists",
    `Assistant ${assistantId} exists already. Use another id, or if_exists: "do_nothing".`,
  );
}

/** For `/openapi.json`. */
export const assistantRoutes: RouteTable = {
  "POST /assistants": {
    summary: "Create an assistant",
    body: createBody,
    reply: assistantReply,
    errors: ["assistant_exists", "no_such_graph"],
  },
  "POST /assistants/search": {
    summary: "Find assistants",
    body: searchBody,
    reply: assistantListReply,
    replyHeaders: countedPageHeaders,
  },
  "POST /assistants/count": { summary: "Count assistants", body: countBody, reply: z.number().int() },
  "GET /assistants/:assistant_id": {
    summary: "Get an assistant, by its id or its graph's",
    reply: assistantReply,
    errors: ["no_such_graph"],
  },
  "PATCH /assistants/:assistant_id": {
    summary: "Change an assistant: a new version",
    body: terms,
    reply: assistantReply,
    errors: ["no_such_graph"],
  },
  "DELETE /assistants/:assistant_id": {
    summary: "Delete an assistant",
    query: z.object({ delete_threads: z.string().optional() }),
    empty: [204],
    errors: ["no_such_graph"],
  },
  "POST /assistants/:assistant_id/versions": {
    summary: "Versions of an assistant, newest first",
    body: versionsBody,
    reply: z.array(assistantVersionReply),
    errors: ["no_such_graph"],
  },
  "POST /assistants/:assistant_id/latest": {
    summary: "Go back to a version",
    body: latestBody,
    reply: assistantReply,
    errors: ["no_such_graph", "not_found"],
  },
  "GET /assistants/:assistant_id/graph": {
    summary: "Nodes and edges, to draw",
    query: z.object({ xray: z.string().optional() }),
    reply: z.record(z.string(), z.unknown()),
    errors: ["no_such_graph"],
  },
  "GET /assistants/:assistant_id/schemas": {
    summary: "Schemas of input, output, state and context",
    reply: schemasReply,
    errors: ["no_such_graph"],
  },
  "GET /assistants/:assistant_id/tools": {
    summary: "The tools that the graph may call; none where it does not say",
    reply: toolsReply,
    errors: ["no_such_graph"],
  },
  "GET /assistants/:assistant_id/subgraphs/:namespace?": {
    summary: "Schemas of subgraphs",
    query: z.object({ recurse: z.string().optional() }),
    reply: z.record(z.string(), schemasReply),
    errors: ["no_such_graph"],
  },
};
