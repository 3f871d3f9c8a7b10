import { type IncomingMessage, request } from "node:http";
import * as fc from "fast-check";

/** Input that nobody means well with, for tests that must find nothing. */

type Schema = Record<string, unknown>;

/** Names that are something else than data in JavaScript. */
const names = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__pregel_tasks",
);

const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 20 }),
  names,
  fc.constantFrom(
    "",
    "\u0000",
    "\ud800",
    "a\r\nx-injected: yes",
    "../../etc/passwd",
    "' OR 1=1 --",
    "%00",
    "-1",
    "1e999",
    "9".repeat(400),
    "x".repeat(5_000),
    "\u202e\u0000\uffff",
    "{}",
    "*",
  ),
);

const numbers = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 2 ** 31, 2 ** 53, -(2 ** 53) - 2, 1e308, 5e-324, Number.MAX_VALUE),
);

/** JSON of any kind; some of it deep, or with names from prototypes. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  { maxDepth: 3, withCrossShrink: true },
  { arbitrary: texts, weight: 4 },
  { arbitrary: numbers, weight: 3 },
  { arbitrary: fc.constantFrom(null, true, false), weight: 2 },
  { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 2 },
  {
    arbitrary: fc
      .tuple(fc.integer({ min: 10, max: 3_000 }), fc.boolean())
      .map(([depth, isList]) => deep(depth, isList)),
    weight: 1,
  },
  {
    arbitrary: fc
      .array(fc.tuple(fc.oneof(names, texts), fc.jsonValue({ maxDepth: 1 })), { maxLength: 4 })
      .map((entries) => fromEntries(entries)),
    weight: 3,
  },
);

function deep(depth: number, isList: boolean): unknown {
  let value: unknown = null;
  for (let level = 0; level < depth; level += 1) value = isList ? [value] : { a: value };
  return value;
}

/** As `JSON.parse` does it: also `__proto__` is a member. */
function fromEntries(entries: [string, unknown][]): unknown {
  const object = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

export interface Fits {
  components: Record<string, Schema>;
  /** What members of these names may be, so that some of it gets beyond the first check. */
  known: Record<string, string>;
}

/** What fits a schema of `/openapi.json`, here and there with something else in a place of it. */
export function ofSchema(schema: Schema, fits: Fits): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: fitting(schema, fits, 0), weight: 8 }, { arbitrary: junk, weight: 2 });
}

function fitting(schema: Schema, fits: Fits, depth: number): fc.Arbitrary<unknown> {
  const { $ref, type, properties, items, enum: choices, anyOf, oneOf } = schema;
  if (depth > 5) return junk;
  if (typeof $ref === "string")
    return fitting(fits.components[$ref.split("/").at(-1) ?? ""] ?? {}, fits, depth);
  const alternatives = (anyOf ?? oneOf) as Schema[] | undefined;
  if (alternatives) return fc.oneof(...alternatives.map((one) => fitting(one, fits, depth + 1)));
  if (Array.isArray(choices)) return fc.constantFrom(...choices);
  if ("const" in schema) return fc.constant(schema.const);
  if (type === "string") return texts;
  if (type === "integer" || type === "number") return fc.oneof(fc.integer({ min: 0, max: 20 }), numbers);
  if (type === "boolean") return fc.boolean();
  if (type === "null") return fc.constant(null);
  if (type === "array") return fc.array(inside((items ?? {}) as Schema, fits, depth), { maxLength: 3 });
  return properties === undefined ? junk : members(schema, fits, depth);
}

/** Mostly what fits. */
const inside = (schema: Schema, fits: Fits, depth: number) =>
  fc.oneof({ arbitrary: fitting(schema, fits, depth + 1), weight: 9 }, { arbitrary: junk, weight: 1 });

function members({ properties, required }: Schema, fits: Fits, depth: number): fc.Arbitrary<unknown> {
  const entries = Object.entries(properties as Record<string, Schema>).map(([name, schema]) => {
    const value = inside(schema, fits, depth);
    const known = fits.known[name];
    if (known === undefined) return [name, value] as const;
    return [
      name,
      fc.oneof({ arbitrary: fc.constant(known), weight: 5 }, { arbitrary: value, weight: 1 }),
    ] as const;
  });
  const needed = (Array.isArray(required) ? required : []) as string[];
  const optional = entries.map(([name]) => name).filter((name) => !needed.includes(name));
  // Few at a time: with all of them, one would nearly always be wrong.
  return fc
    .subarray(optional, { maxLength: Math.min(4, optional.length) })
    .chain((chosen) =>
      fc.record(
        Object.fromEntries(entries.filter(([name]) => needed.includes(name) || chosen.includes(name))),
      ),
    );
}

/** JSON as bytes: sometimes with a name twice, cut off, or with bytes that are no UTF-8. */
export const toBytes = (body: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { arbitrary: body.map((value) => Buffer.from(JSON.stringify(value) ?? "")), weight: 12 },
    {
      arbitrary: body.map((value) => {
        const text = JSON.stringify(value) ?? "";
        return Buffer.from(text.replace("{", '{"assistant_id":1,"limit":{},"thread_id":[],"id":-1,'));
      }),
      weight: 1,
    },
    {
      arbitrary: fc.tuple(body, fc.nat(200)).map(([value, length]) => {
        const bytes = Buffer.from(JSON.stringify(value) ?? "");
        return bytes.subarray(0, Math.min(length, bytes.length));
      }),
      weight: 1,
    },
    {
      arbitrary: fc.tuple(body, fc.nat(50)).map(([value, place]) => {
        const bytes = Buffer.from(JSON.stringify(value) ?? "");
        if (place < bytes.length) bytes[place] = 0xff;
        return bytes;
      }),
      weight: 1,
    },
    { arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)), weight: 1 },
    { arbitrary: fc.constant(Buffer.from(`${"[".repeat(200_000)}`)), weight: 1 },
    { arbitrary: fc.constant(Buffer.from(`{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`)), weight: 1 },
    { arbitrary: fc.constant(Buffer.from('{"limit":1e400,"config":{"recursion_limit":1e400}}')), weight: 1 },
  );

export const anyText = texts;

export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}

export interface Replied {
  status: number;
  rawHeaders: string[];
  /** Empty where the reply is a stream that goes on. */
  text: string;
}

/**
 * Sends what no `fetch` would. Of streams only the head is read.
 *
 * @throws Error when the connection breaks before there is a reply.
 */
export function ask(url: string, { method, path, headers, body }: Asked): Promise<Replied> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    const options = { method, path, headers: { ...headers, ...length }, agent: false };
    const sent = request(`${url}/`, options, (response) => {
      const head = { status: response.statusCode ?? 0, rawHeaders: response.rawHeaders };
      if (goesOn(response)) {
        resolve({ ...head, text: "" });
        response.on("error", () => {});
        response.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ ...head, text: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A stream, or the result of a run that is awaited. */
function goesOn({ headers, statusCode = 0 }: IncomingMessage): boolean {
  return (
    statusCode < 300 &&
    (String(headers["content-type"]).startsWith("text/event-stream") || headers["x-accel-buffering"] === "no")
  );
}
