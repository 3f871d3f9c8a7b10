import { assistantRoutes } from "./assistant-routes.ts";
import { classicRunRoutes } from "./classic-run-routes.ts";
import { cronRoutes } from "./cron-routes.ts";
import type { RouteTable } from "./describe-route.ts";
import { interruptRoutes } from "./interrupt-routes.ts";
import { itemRoutes } from "./item-routes.ts";
import { runRoutes } from "./run-routes.ts";
import { stateRoutes } from "./state-routes.ts";
import { threadProtocolRoutes } from "./thread-protocol.ts";
import { threadRoutes } from "./thread-routes.ts";
import { threadSearchRoutes } from "./thread-search.ts";
import { threadStreamRoutes } from "./thread-stream.ts";

/** Routes that can be left out together. What starts runs and answers questions is `runs`. */
export const routeGroups = {
  threads: { ...threadRoutes, ...threadSearchRoutes, ...threadStreamRoutes, ...stateRoutes },
  runs: { ...runRoutes, ...classicRunRoutes, ...cronRoutes, ...interruptRoutes, ...threadProtocolRoutes },
  assistants: assistantRoutes,
  store: itemRoutes,
} satisfies Record<string, RouteTable>;

/** `meta` is `/info` and `/openapi.json`; `/ok` stays. */
export type RouteGroup = keyof typeof routeGroups | "meta";
