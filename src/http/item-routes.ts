import type { Hono } from "hono";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import type { ItemRecord } from "../core/ports.ts";
import type { JsonObject } from "../protocol/json.ts";
import { demand } from "./access.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { named } from "./reply-schemas.ts";
import { parse, readBody } from "./respond.ts";

const namespace = z.array(z.string());

/** What the server keeps in the store for itself, such as what people always allow: read and deleted, not written. */
const writable = namespace.refine(([first]) => first !== "countersign", {
  error: "Names below countersign are the server's own: they can be read and deleted, and not written.",
});

/** `?namespace=a.b`: labels hold no dots. */
const dotted = z
  .string()
  .default("")
  .transform((text) => (text === "" ? [] : text.split(".")));

const putBody = z.object({
  namespace: writable,
  key: z.string(),
  value: z.record(z.string(), z.json()),
  /** Minutes. */
  ttl: z.number().positive().max(1e9).nullish(),
});

const deleteBody = z.object({ namespace, key: z.string() });

const getQuery = z.object({
  namespace: dotted,
  key: z.string(),
  refresh_ttl: z.enum(["true", "false", "1", "0"]).optional(),
});

const searchBody = z.object({
  namespace_prefix: namespace.nullish(),
  filter: z.record(z.string(), z.json()).nullish(),
  limit: z.number().int().min(1).max(1000).default(10),
  offset: z.number().int().min(0).default(0),
  refresh_ttl: z.boolean().nullish(),
});

const namespacesBody = z.object({
  prefix: namespace.nullish(),
  suffix: namespace.nullish(),
  max_depth: z.number().int().min(1).nullish(),
  limit: z.number().int().min(1).max(1000).default(100),
  offset: z.number().int().min(0).default(0),
});

/** The long-term store (reference/protocol.md 1.4). There is no search by meaning: `query` says nothing here. */
export function addItemRoutes(app: Hono<Env>, { items }: Core): void {
  app.put("/store/items", async (c) => {
    const body = await readBody(c.req.raw, putBody);
    const { owner } = await ask(c.get("caller"), "store.write", body);
    const ttlMs = body.ttl == null ? null : Math.max(1, Math.round(body.ttl * 60_000));
    await items.write(owner, [
      { namespace: body.namespace, key: body.key, value: body.value as JsonObject, ttlMs },
    ]);
    return c.body(null, 204);
  });

  app.get("/store/items", async (c) => {
    const { refresh_ttl, ...key } = parse(getQuery, c.req.query());
    const { owner } = await ask(c.get("caller"), "store.read", key);
    const item = await items.get(owner, key, { refresh: refresh_ttl !== "false" && refresh_ttl !== "0" });
    return c.json(item ? toWireItem(item) : null);
  });

  app.delete("/store/items", async (c) => {
    // Some clients send the item's name in the query.
    const asked =
      c.req.query("key") === undefined
        ? await readBody(c.req.raw, deleteBody)
        : parse(getQuery, c.req.query());
    const { owner } = await ask(c.get("caller"), "store.write", asked);
    await items.write(owner, [{ namespace: asked.namespace, key: asked.key, value: null, ttlMs: null }]);
    return c.body(null, 204);
  });

  app.post("/store/items/search", async (c) => {
    const { namespace_prefix, filter, limit, offset, refresh_ttl } = await readBody(c.req.raw, searchBody);
    const { owner } = await ask(c.get("caller"), "store.read", { namespace: namespace_prefix ?? [] });
    const found = await items.search(owner, {
      namespace: namespace_prefix ?? [],
      limit,
      offset,
      ...(filter ? { filter: filter as JsonObject } : {}),
      ...(refresh_ttl == null ? {} : { refresh: refresh_ttl }),
    });
    return c.json({ items: found.map(toWireItem) });
  });

  app.post("/store/namespaces", async (c) => {
    const { prefix, suffix, max_depth, limit, offset } = await readBody(c.req.raw, namespacesBody);
    const { owner } = await ask(c.get("caller"), "store.read", { namespace: prefix ?? [] });
    const namespaces = await items.namespaces(owner, {
      limit,
      offset,
      ...(prefix ? { prefix } : {}),
      ...(suffix ? { suffix } : {}),
      ...(max_depth == null ? {} : { maxDepth: max_depth }),
    });
    return c.json({ namespaces });
  });
}

async function ask(
  caller: Env["Variables"]["caller"],
  action: "store.read" | "store.write",
  { namespace, key }: { namespace: string[]; key?: string },
) {
  await demand(caller, action, undefined, { namespace, ...(key === undefined ? {} : { key }) });
  return caller;
}

function toWireItem({ namespace, key, value, createdAt, updatedAt }: ItemRecord): Record<string, unknown> {
  return {
    namespace,
    key,
    value,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  };
}

const itemReply = z
  .object({
    namespace,
    key: z.string(),
    value: z.record(z.string(), z.unknown()),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .register(named, { id: "Item" });

export const itemRoutes: RouteTable = {
  "PUT /store/items": { summary: "Put an item", body: putBody, empty: [204] },
  "GET /store/items": {
    summary: "Get an item; null when there is none",
    query: getQuery,
    reply: itemReply.nullable(),
  },
  "DELETE /store/items": { summary: "Delete an item", body: deleteBody, empty: [204] },
  "POST /store/items/search": {
    summary: "Find items in a namespace and below it, last written first",
    body: searchBody,
    reply: z.object({ items: z.array(itemReply) }),
  },
  "POST /store/namespaces": {
    summary: "List namespaces",
    body: namespacesBody,
    reply: z.object({ namespaces: z.array(namespace) }),
  },
};
