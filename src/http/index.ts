export type { GraphLike, ToolDescription, ValidateAnswer } from "../core/graph.ts";
export type { Actor, InterruptRecord, Store } from "../core/ports.ts";
export type { WebhookSettings } from "../core/webhooks.ts";
export { CountersignError, type ErrorCode } from "../protocol/errors.ts";
export {
  type Action,
  type Authenticate,
  type Authorize,
  claimedName,
  type Grant,
  type Identity,
  nameHeader,
  type Scope,
  type ScopeSearch,
} from "./auth.ts";
export type { CrossOriginSettings } from "./cross-origin.ts";
export type { Limits } from "./limits.ts";
export type { AllowedOrigin } from "./origins.ts";
export type { RouteGroup } from "./route-groups.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
export type { Socket } from "./socket.ts";
