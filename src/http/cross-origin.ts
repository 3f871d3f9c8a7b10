import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { nameHeader } from "./auth.ts";
import type { Env } from "./env.ts";
import { type AllowedOrigin, toIsAllowed } from "./origins.ts";

/** What pages of other origins may do, beside being let in by `allowedOrigins`. */
export interface CrossOriginSettings {
  /** Methods that may be used. Default: all that the server knows. */
  methods?: readonly string[];
  /** Request headers that may be sent, beside those that clients need; `*` for any. */
  headers?: readonly string[];
  /** Response headers that may be read, beside those that clients need. */
  exposeHeaders?: readonly string[];
  /** Whether cookies are sent along. Default true, but false where all origins are let in. */
  credentials?: boolean;
  /** How long browsers may keep what they were told, in seconds. */
  maxAge?: number;
}

/** What clients read of responses, and send with requests (reference/protocol.md 1.1). */
const read = ["content-location", "location", "x-pagination-next", "x-pagination-total"];
const sent = [
  "authorization",
  "content-type",
  "idempotency-key",
  "last-event-id",
  "prefer",
  "x-api-key",
  "x-auth-scheme",
  nameHeader,
];

/** Tells browsers what pages of other origins may do. */
export function crossOrigin(
  allowed: readonly AllowedOrigin[],
  settings: CrossOriginSettings = {},
): MiddlewareHandler<Env> {
  const { methods, headers = [], exposeHeaders = [], maxAge } = settings;
  const { credentials = !allowed.includes("*") } = settings;
  const isAllowed = toIsAllowed(allowed);
  return cors({
    origin: (origin) => (isAllowed(origin) ? origin : null),
    credentials,
    exposeHeaders: [...read, ...exposeHeaders],
    // None named: those that are asked for.
    allowHeaders: headers.includes("*") ? [] : [...sent, ...headers],
    ...(methods === undefined ? {} : { allowMethods: [...methods] }),
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}
