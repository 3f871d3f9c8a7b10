import { type Schema, Validator } from "@cfworker/json-schema";

/** Keywords that only say "something below is wrong"; the leaves say what. */
const compound = new Set(["properties", "items", "anyOf", "oneOf", "allOf", "$ref", "additionalProperties"]);

/**
 * What is wrong with a value by a JSON Schema (draft 2020-12), as `/path: what is wrong`; empty when it is
 * valid. A schema that is no object (or is missing) says nothing about any value.
 */
export function schemaIssues(schema: unknown, value: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { valid, errors } = new Validator(schema as Schema, "2020-12", false).validate(value);
  if (valid) return [];
  const leaves = errors.filter(({ keyword }) => !compound.has(keyword));
  return (leaves.length > 0 ? leaves : errors).map(
    ({ instanceLocation, error }) => `${instanceLocation.replace(/^#/, "") || "/"}: ${error}`,
  );
}
