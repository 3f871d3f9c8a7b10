import type { Context } from "hono";
import { z } from "zod";
import type { JsonObject } from "../protocol/json.ts";

/** Pieces of request bodies that several routes share. */

export const metadata = z.record(z.string(), z.json()).transform((value) => value as JsonObject);

/** The JS SDK sends `before` as a config, others as a checkpoint id (reference/protocol.md 1.2). */
export const checkpointId = z.union([
  z.string(),
  z
    .looseObject({ configurable: z.looseObject({ checkpoint_id: z.string().nullish() }).nullish() })
    .transform((config) => config.configurable?.checkpoint_id ?? undefined),
]);

/** A flag in a query: `?wait=1`, `?subgraphs=true`. */
export const isTrue = (value: string | undefined): boolean => value === "1" || value === "true";

/**
 * A list in a query: repeated, with commas, or as JSON, as SDK 1.11.0 and 2.0.0 send it: `?select=a&select=b`,
 * `?select=a,b`, `?select=["a","b"]`. Undefined when it is not there.
 */
export function listOf(c: Context, name: string): string[] | undefined {
  return c.req.queries(name)?.flatMap((one) => (one.startsWith("[") ? parseList(one) : one.split(",")));
}

function parseList(text: string): string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch {
    return [text];
  }
}
