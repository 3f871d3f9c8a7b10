import type { Hono } from "hono";
import { z } from "zod";
import { assistantRoutes } from "./assistant-routes.ts";
import { classicRunRoutes } from "./classic-run-routes.ts";
import { cronRoutes } from "./cron-routes.ts";
import type { RouteTable } from "./describe-route.ts";
import type { Env } from "./env.ts";
import { interruptRoutes } from "./interrupt-routes.ts";
import { itemRoutes } from "./item-routes.ts";
import { toOpenApi } from "./openapi.ts";
import { runRoutes } from "./run-routes.ts";
import { stateRoutes } from "./state-routes.ts";
import { threadProtocolRoutes } from "./thread-protocol.ts";
import { threadRoutes } from "./thread-routes.ts";
import { threadSearchRoutes } from "./thread-search.ts";
import { threadStreamRoutes } from "./thread-stream.ts";

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

/** Every route of the server, described: a table for each file that has some. */
export const describedRoutes: RouteTable = {
  ...serverRoutes,
  ...threadRoutes,
  ...threadSearchRoutes,
  ...threadStreamRoutes,
  ...stateRoutes,
  ...runRoutes,
  ...classicRunRoutes,
  ...cronRoutes,
  ...interruptRoutes,
  ...assistantRoutes,
  ...itemRoutes,
  ...threadProtocolRoutes,
};

/** Serves the OpenAPI document. */
export function addOpenApiRoute(app: Hono<Env>, about: { version: string; basePath: string }): void {
  let document: object | undefined;
  app.get("/openapi.json", (c) => {
    document ??= toOpenApi(describedRoutes, about);
    return c.json(document);
  });
}
