import { assistantRoutes } from "./assistant-routes.ts";
import { classicRunRoutes } from "./classic-run-routes.ts";
import { cronRoutes } from "./cron-routes.ts";
import type { RouteTable } from "./describe-route.ts";
import { effectRoutes } from "./effect-routes.ts";
import { interruptRoutes } from "./interrupt-routes.ts";
import { itemRoutes } from "./item-routes.ts";
import { runRoutes } from "./run-routes.ts";
import { stateRoutes } from "./state-routes.ts";
import { textSearchRoutes } from "./text-search.ts";
import { threadProtocolRoutes } from "./thread-protocol.ts";
import { threadRoutes } from "./thread-routes.ts";
import { threadSearchRoutes } from "./thread-search.ts";
import { threadStreamRoutes } from "./thread-stream.ts";
import { viewerRoutes } from "./viewer-routes.ts";

/** Routes that can be left out together. What starts runs and answers questions is `runs`. */
export const routeGroups = {
  threads: {
    ...threadRoutes,
    ...threadSearchRoutes,
    ...textSearchRoutes,
    ...threadStreamRoutes,
    ...stateRoutes,
    ...effectRoutes,
    ...viewerRoutes,
  },
  runs: { ...runRoutes, ...classicRunRoutes, ...cronRoutes, ...interruptRoutes, ...threadProtocolRoutes },
  assistants: assistantRoutes,
  store: itemRoutes,
} satisfies Record<string, RouteTable>;

/** `meta` is `/info` and `/openapi.json`; `/ok` stays. */
export type RouteGroup = keyof typeof routeGroups | "meta";
