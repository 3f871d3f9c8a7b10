import type { Hono } from "hono";
import { z } from "zod";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { toOpenApi } from "./openapi.ts";
import { type RouteGroup, routeGroups } from "./route-groups.ts";

const serverRoutes: RouteTable = {
  "GET /ok": { summary: "Whether the server answers", reply: z.object({ ok: z.literal(true) }) },
  "GET /info": {
    summary: "What this server is, and the graphs it serves",
    reply: z.object({
      version: z.string(),
      context: z.literal("js"),
      graphs: z.array(z.string()),
      flags: z.record(z.string(), z.boolean()),
    }),
  },
  "GET /openapi.json": { summary: "This document", reply: z.record(z.string(), z.unknown()) },
};

/** Routes that are served, described: a table for each file that has some. */
export function describeRoutes(disable: readonly RouteGroup[] = []): RouteTable {
  const tables = Object.entries(routeGroups).filter(([group]) => !disable.includes(group as RouteGroup));
  return Object.assign({}, serverRoutes, ...tables.map(([, table]) => table)) as RouteTable;
}

/** Serves the OpenAPI document. */
export function addOpenApiRoute(
  app: Hono<Env>,
  { disable, ...about }: { version: string; basePath: string; disable: readonly RouteGroup[] },
): void {
  let document: object | undefined;
  app.get("/openapi.json", (c) => {
    document ??= toOpenApi(describeRoutes(disable), about);
    return c.json(document);
  });
}
