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
