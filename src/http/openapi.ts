import { z } from "zod";
import { type ErrorCode, errorTable } from "../protocol/errors.ts";
import { isRecord } from "../protocol/json.ts";
import type { RouteEntry, RouteTable } from "./describe-route.ts";
import { staysOpen } from "./limits.ts";
import { errorReply, named } from "./reply-schemas.ts";

/** Errors any route may reply with. */
const common: readonly ErrorCode[] = [
  "unauthenticated",
  "permission_denied",
  "internal",
  "store_unavailable",
];

/** Errors of routes that parse something. */
const parsing: readonly ErrorCode[] = ["invalid_argument"];

/** Errors of routes that read a body. */
const reading: readonly ErrorCode[] = [...parsing, "payload_too_large", "unsupported_media_type"];

type Json = Record<string, unknown>;

/** An OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1) of the described routes, made from the schemas that validate. */
export function toOpenApi(routes: RouteTable, { version, basePath }: { version: string; basePath: string }) {
  const schemas: Json = {};
  const toSchema = (schema: z.ZodType) => toJsonSchema(schema, schemas);
  const error = { "application/json": { schema: toSchema(errorReply) } };
  const paths: Record<string, Json> = {};
  for (const [name, entry] of Object.entries(routes)) {
    const [method = "", route = ""] = name.split(" ");
    for (const path of pathsOf(route)) {
      paths[toTemplate(path)] = {
        ...paths[toTemplate(path)],
        [method.toLowerCase()]: {
          operationId: toOperationId(method, path),
          summary: entry.summary,
          tags: [path.split("/")[1] ?? ""],
          ...(parametersOf(path, entry, toSchema) ?? {}),
          ...(entry.body ? { requestBody: bodyOf(toSchema(entry.body)) } : {}),
          responses: { ...repliesOf(entry, toSchema), ...errorsOf(route, entry, error) },
        },
      };
    }
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Countersign",
      version,
      description: "Threads, runs, interrupts and answers. What travels inside of streams: docs/protocol.md.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: basePath }],
    paths,
    components: { schemas },
  };
}

/** The paths a route answers to: one with an optional end answers to two. */
export function pathsOf(route: string): string[] {
  if (!route.endsWith("?")) return [route];
  return [route.slice(0, route.lastIndexOf("/")), route.slice(0, -1)];
}

const toTemplate = (path: string) => path.replaceAll(/:(\w+)/g, "{$1}");

const toOperationId = (method: string, path: string) =>
  [method.toLowerCase(), ...path.split("/").map((part) => part.replace(/^:/, "by_").replaceAll(/\W+/g, "_"))]
    .filter((part) => part !== "")
    .join("_");

function parametersOf(path: string, { query, headers = {} }: RouteEntry, toSchema: (s: z.ZodType) => Json) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const { properties = {} } = (query ? toSchema(query) : {}) as { properties?: Json };
  const inQuery = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  const parameters = [...inPath, ...inQuery, ...inHeader];
  return parameters.length > 0 ? { parameters } : undefined;
}

function bodyOf(schema: Json): Json {
  // Where every field may be left out, so may the body.
  const { required = [], type } = schema as { required?: string[]; type?: string };
  return {
    required: type !== "object" || required.length > 0,
    content: { "application/json": { schema } },
  };
}

function repliesOf(entry: RouteEntry, toSchema: (schema: z.ZodType) => Json): Json {
  const { reply, stream, empty = [], replyHeaders = {} } = entry;
  const headers = Object.fromEntries(
    Object.entries(replyHeaders).map(([name, description]) => [
      name,
      { description, schema: { type: "string" } },
    ]),
  );
  const more = Object.keys(headers).length > 0 ? { headers } : {};
  const responses: Json = {};
  if (reply) {
    responses["200"] = {
      description: "Done.",
      ...more,
      content: { "application/json": { schema: toSchema(reply) } },
    };
  }
  if (stream) {
    responses["200"] = {
      description: stream,
      ...more,
      content: { "text/event-stream": { schema: { type: "string" } } },
    };
  }
  for (const status of empty) responses[String(status)] = { description: "Done. There is no body.", ...more };
  return responses;
}

function errorsOf(route: string, { body, query, errors = [] }: RouteEntry, content: Json): Json {
  const codes = new Set<ErrorCode>([
    ...common,
    ...(query ? parsing : []),
    ...(body ? reading : []),
    ...(staysOpen.test(route) ? (["too_many_streams"] as const) : []),
    ...errors,
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [String(status), { description: list.join(", "), content }]),
  );
}

/** The schema of what a client sends or reads; what it names by itself goes to `components`. */
function toJsonSchema(schema: z.ZodType, components: Json): Json {
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", metadata: named }) as Json;
  const { $schema: _dialect, $defs = {}, ...own } = made;
  for (const [name, definition] of Object.entries($defs as Json)) {
    if (isNamed(name)) components[name] = withReferences(definition);
  }
  return withReferences(isReferenceToAll(own) ? {} : own) as Json;
}

/** zod gives names of its own to schemas that are in themselves: here these are any JSON. */
const isNamed = (name: string) => !name.startsWith("__");

const isReferenceToAll = ({ $ref }: Json) => typeof $ref === "string" && !isNamed($ref.replace(/.*\//, ""));

function withReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  if (!isRecord(schema)) return schema;
  if (isReferenceToAll(schema)) return {};
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === "$ref" && typeof value === "string")
      return [key, value.replace("#/$defs/", "#/components/schemas/")];
    return [key, withReferences(value)];
  });
  return Object.fromEntries(entries);
}
