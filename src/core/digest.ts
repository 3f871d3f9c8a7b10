import { createHash } from "node:crypto";
import { canonicalJson } from "../protocol/json.ts";

/** SHA-256 of the canonical JSON of a value, in hex: what a person was shown, in 64 characters. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
