import type { z } from "zod";
import type { ErrorCode } from "../protocol/errors.ts";

/**
 * What `/openapi.json` says of one route. Every file with routes has a table of them, next to the routes; the table is
 * listed in `openapi-routes.ts`. A test compares the tables with the routes that are served.
 */
export interface RouteEntry {
  /** One line; the path says the rest. */
  summary: string;
  /** The schema the query is parsed by, or one that says what is read of it. */
  query?: z.ZodObject;
  /** Request headers that are read, each with what it does. */
  headers?: Record<string, string>;
  /** The schema the body is parsed by. */
  body?: z.ZodType;
  /** JSON of a 200. */
  reply?: z.ZodType;
  /** Where a 200 is an event stream, what its frames are. */
  stream?: string;
  /** Statuses without a body. */
  empty?: readonly (202 | 204)[];
  /** Response headers, each with what it says. */
  replyHeaders?: Record<string, string>;
  /** Errors of this route, beside those that every route has. */
  errors?: readonly ErrorCode[];
}

/** By `METHOD /path`, as the router has it: `GET /threads/:thread_id`. */
export type RouteTable = Readonly<Record<string, RouteEntry>>;

/** Response headers of replies that are pages. */
export const pageHeaders = {
  "x-pagination-next": "Where the next page starts; not there on the last one.",
} as const;

/** As {@link pageHeaders}, where all are counted. */
export const countedPageHeaders = {
  ...pageHeaders,
  "x-pagination-total": "How many there are in all.",
} as const;

export const idempotencyHeader = {
  "idempotency-key": "The same request under the same key is done once; a repeat gets the first result.",
} as const;
