import { isRecord } from "../protocol/json.ts";

/** A JSON Schema, read as far as a form needs it. */
export type Schema = Record<string, unknown>;

/** The schema itself, or what its local `$ref` names. */
export function resolve(schema: Schema, root: Schema): Schema {
  const seen = new Set<unknown>();
  let found = schema;
  while (typeof found.$ref === "string" && !seen.has(found.$ref)) {
    seen.add(found.$ref);
    const [start, ...path] = found.$ref.split("/");
    if (start !== "#") return found;
    let at: unknown = root;
    for (const part of path) {
      const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      at = isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    if (!isRecord(at)) return found;
    found = at;
  }
  return found;
}

/** The values it takes, when those are a few. */
export function constantsIn(schema: Schema): unknown[] {
  if ("const" in schema) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum;
  if (schema.type === "boolean") return [true, false];
  // One of a few, or several of them: one is enough.
  const [first] = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  return isRecord(first) && Array.isArray(first.enum) ? first.enum : [];
}

/** How a value of it is asked for in one line; undefined when one line does not do. */
export function toFieldKind(schema: Schema): "text" | "number" | undefined {
  if (schema.type === "string" && !Array.isArray(schema.enum)) return "text";
  return schema.type === "number" || schema.type === "integer" ? "number" : undefined;
}
