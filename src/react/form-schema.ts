import { isRecord, type JsonRecord } from "./json.ts";
import { words } from "./words.ts";

/** Levels and parts up to which a form is made of a schema; what is larger is nothing to fill in. */
const maxDepth = 60;
const maxParts = 5_000;

const types = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);
const maps = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
const parts = ["items", "additionalItems", "additionalProperties", "not", "if", "then", "else", "contains"];

/**
 * A JSON Schema of whatever dialect as the form library reads it. Null when no form can be made of it: it is broken,
 * refers to somewhere else, or says nothing of what is wanted.
 */
export function toFormSchema(schema: JsonRecord): JsonRecord | null {
  const says = ["type", "properties", "enum", "const", "oneOf", "anyOf", "allOf", "$ref", "items"];
  if (!says.some((key) => key in schema)) return null;
  let left = maxParts;

  function read(part: unknown, depth: number): unknown {
    if (typeof part === "boolean") return part;
    left -= 1;
    if (!isRecord(part) || depth > maxDepth || left < 0 || !isSound(part, schema)) throw new Unusable();
    const made: JsonRecord = { ...part };
    const readAll = (all: readonly unknown[]) => all.map((one) => read(one, depth + 1));
    for (const key of parts) {
      const inner = part[key];
      if (inner !== undefined) made[key] = Array.isArray(inner) ? readAll(inner) : read(inner, depth + 1);
    }
    for (const key of lists) if (part[key] !== undefined) made[key] = readAll(part[key] as unknown[]);
    for (const key of ["anyOf", "oneOf"]) if (made[key] !== undefined) made[key] = named(made[key]);
    for (const key of maps) {
      if (part[key] === undefined) continue;
      const inner = Object.entries(part[key] as JsonRecord);
      made[key] = Object.fromEntries(inner.map(([name, one]) => [name, shown(read(one, depth + 1))]));
    }
    const { additionalProperties: others } = made;
    // The form library begins one with a text.
    if (isRecord(others) && others.type === "integer") made.additionalProperties = { default: 0, ...others };
    return inOneDialect(made);
  }

  try {
    const whole = read(schema, 0) as JsonRecord;
    const hasNames = "properties" in whole || "$ref" in whole || "title" in whole;
    return hasNames ? whole : { title: words.forms.yourAnswer, ...whole };
  } catch (error) {
    if (error instanceof Unusable) return null;
    throw error;
  }
}

/** The form library leaves out what nothing is said of. */
function shown(part: unknown): unknown {
  return part === true || (isRecord(part) && Object.keys(part).length === 0) ? { "x-anything": true } : part;
}

/** Kinds to choose from: each has a name. */
function named(kinds: unknown): unknown {
  return (kinds as unknown[]).map((kind) => {
    const title = isRecord(kind) && kind.title === undefined ? nameOf(kind) : undefined;
    return title === undefined ? kind : { ...(kind as JsonRecord), title };
  });
}

function nameOf({ type, properties, ...kind }: JsonRecord): string | undefined {
  if ("const" in kind) return String(kind.const);
  // Often the kinds are told apart by a constant, such as `type: "card"`.
  const constant = Object.values(isRecord(properties) ? properties : {}).find(
    (one): one is JsonRecord => isRecord(one) && "const" in one,
  );
  if (constant !== undefined) return String(constant.const);
  return typeof type === "string" && type !== "object" ? words.forms.kinds[type as "null"] : undefined;
}

class Unusable extends Error {}

/** Every keyword has what it is to have, and every reference leads somewhere. */
function isSound(part: JsonRecord, whole: JsonRecord): boolean {
  const { type, required, pattern, enum: values, $ref } = part;
  return (
    (type === undefined || [type].flat().every((one) => types.has(one as string))) &&
    (required === undefined || Array.isArray(required) || typeof required === "boolean") &&
    (values === undefined || (Array.isArray(values) && values.length > 0)) &&
    (pattern === undefined || isPattern(pattern)) &&
    ($ref === undefined || leadsSomewhere($ref, whole)) &&
    maps.every((key) => part[key] === undefined || isRecord(part[key])) &&
    lists.every((key) => part[key] === undefined || Array.isArray(part[key]))
  );
}

function isPattern(pattern: unknown): boolean {
  try {
    return typeof pattern === "string" && new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

function leadsSomewhere(ref: unknown, whole: JsonRecord): boolean {
  if (typeof ref !== "string" || !ref.startsWith("#/")) return false;
  const names = ref.slice(2).split("/");
  const found = names.reduce<unknown>((at, name) => {
    const key = decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
    return typeof at === "object" && at !== null ? (at as JsonRecord)[key] : undefined;
  }, whole);
  // One that leads to itself would never end.
  return isRecord(found) ? found.$ref !== ref : typeof found === "boolean";
}

/** Lists of a fixed length, and limits that are not reached, have been written in several ways. */
function inOneDialect({ prefixItems, ...part }: JsonRecord): JsonRecord {
  if (prefixItems !== undefined) {
    const { items } = part;
    part.additionalItems = items ?? false;
    part.items = prefixItems;
  }
  for (const [limit, strict] of [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const) {
    if (typeof part[strict] !== "boolean") continue;
    const isStrict = part[strict];
    delete part[strict];
    if (!isStrict) continue;
    part[strict] = part[limit];
    delete part[limit];
  }
  return part;
}

/** What is needed, may be null and was left as it is, is null: that is what the form shows. */
export function withNulls(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema)) return value;
  if (Array.isArray(value)) return value.map((one) => withNulls(schema.items, one));
  if (!isRecord(value) || !isRecord(schema.properties)) return value;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const whole = { ...value };
  for (const [name, part] of Object.entries(schema.properties)) {
    if (value[name] !== undefined) whole[name] = withNulls(part, value[name]);
    else if (required.includes(name) && mayBeNull(part)) whole[name] = null;
  }
  return whole;
}

function mayBeNull(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  const { type, anyOf, oneOf } = schema;
  return [type].flat().includes("null") || [anyOf, oneOf].flat().some(mayBeNull);
}
