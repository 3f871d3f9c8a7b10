import { type Schema, type ValidationResult, Validator } from "@cfworker/json-schema";
import { isRecord } from "./json.ts";

/** Keywords that only say "something below is wrong"; the leaves say what. */
const compound = new Set(["properties", "items", "anyOf", "oneOf", "allOf", "$ref", "additionalProperties"]);

/**
 * What is wrong with a value by a JSON Schema (draft 2020-12), as `/path: what is wrong`; empty when it is
 * valid. A schema that is no object (or is missing), or that cannot be read, says nothing about any value: whoever
 * gave it has made a mistake, and nobody could ever give an answer.
 */
export function schemaIssues(schema: unknown, value: unknown): string[] {
  if (!isRecord(schema)) return [];
  const judged = judge(schema, value);
  if (judged === "broken") return [];
  if (judged === "too deep") return ["/: It is nested too deeply to be judged"];
  const { valid, errors } = judged;
  if (valid) return [];
  const meant = branchMeant(schema, value);
  if (meant !== undefined) return schemaIssues(meant, value);
  const leaves = errors.filter(({ keyword }) => !compound.has(keyword));
  return (leaves.length > 0 ? leaves : errors).map(
    ({ instanceLocation, error }) => `${instanceLocation.replace(/^#/, "") || "/"}: ${error}`,
  );
}

function judge(schema: Record<string, unknown>, value: unknown): ValidationResult | "broken" | "too deep" {
  try {
    return new Validator(schema as Schema, "2020-12", false).validate(value);
  } catch (error) {
    // The stack is full: of a value that goes too deep, or of a schema that refers to itself.
    if (!(error instanceof RangeError) || value === null) return "broken";
    return judge(schema, null) === "broken" ? "broken" : "too deep";
  }
}

/**
 * Of alternatives told apart by a constant (`type: "approve"`), the one the value claims to be: its issues
 * are the ones worth reading.
 */
function branchMeant(schema: Record<string, unknown>, value: unknown): Record<string, unknown> | undefined {
  const branches = (schema.oneOf ?? schema.anyOf) as unknown;
  if (!Array.isArray(branches) || !isRecord(value)) return undefined;
  const meant = branches.filter((branch): branch is Record<string, unknown> => {
    const type = isRecord(branch) && isRecord(branch.properties) ? branch.properties.type : undefined;
    return isRecord(type) && "const" in type && type.const === value.type;
  });
  return meant.length === 1 ? meant[0] : undefined;
}
