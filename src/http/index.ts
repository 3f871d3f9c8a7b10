export type { GraphLike, ValidateAnswer } from "../core/graph.ts";
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
export type { Limits } from "./limits.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
export type { Socket } from "./socket.ts";
