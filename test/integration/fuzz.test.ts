import { once } from "node:events";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { type Asked, anyText, ask, junk, ofSchema, type Replied, toBytes } from "../support/fuzz.ts";
import { createAskGraph, createNestedGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

/**
 * Whatever is sent, by whatever route: the server lives, says what is wrong, and writes nothing of what it
 * refuses. The seed is in the tests' names; set `COUNTERSIGN_SEED` to see the same again.
 */

const seed = Number(process.env.COUNTERSIGN_SEED ?? Date.now() % 1_000_000);
/** Per route; `COUNTERSIGN_FUZZ` for more. */
const runsOfRoute = Number(process.env.COUNTERSIGN_FUZZ ?? 3);
const runsOfSocket = 15 * runsOfRoute;
const now = 1_795_000_000_000;

const input = { messages: [{ role: "user", content: "hello" }] };

interface Operation {
  requestBody?: { content: { "application/json": { schema: Record<string, unknown> } } };
  parameters?: { in: string; name: string }[];
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let server: Awaited<ReturnType<typeof serve>>;
let database: Database.Database;
/** Errors that nobody foresaw, by the id that the client was told. */
const internal = new Map<string, unknown>();

beforeAll(async () => {
  directory = await temporaryDirectory();
  server = await serve({
    graphs: { ask: createAskGraph(), nested: createNestedGraph() },
    directory: directory.path,
    // Time stands still: what is told to expire does not do so between two looks.
    now: () => now,
    report: (error, { error_id }) => {
      if (typeof error_id === "string") internal.set(error_id, error);
    },
  });
  database = new Database(join(directory.path, "test.db"), { readonly: true });
});
afterAll(async () => {
  database.close();
  await server.stop();
  await directory[Symbol.asyncDispose]();
});

/** What is written down, as far as what a client asks may change it. */
function written(): unknown {
  const tables = ["threads", "runs", "interrupts", "checkpoints", "writes", "items", "assistants"];
  const more = ["assistant_versions", "deliveries", "effects", "commands"];
  const counts = [...tables, ...more].map((table) =>
    database.prepare(`SELECT count(*) FROM ${table}`).raw().get(),
  );
  const sums = [
    "SELECT sum(length(metadata)), max(updated_at), sum(length(status)) FROM threads",
    "SELECT max(seq), sum(seq) FROM events",
    "SELECT group_concat(status) FROM runs",
    "SELECT group_concat(status) FROM interrupts",
    "SELECT max(updated_at), sum(length(value)) FROM items",
  ].map((sql) => database.prepare(sql).raw().get());
  return [counts, sums];
}

/** Until nothing goes on any more by itself. */
async function settle(): Promise<void> {
  const going = database
    .prepare(
      `SELECT count(*) FROM runs r WHERE status = 'running' OR (status = 'pending' AND coalesce(not_before, 0) <= ?
       AND NOT EXISTS (SELECT 1 FROM interrupts i WHERE i.thread_no = r.thread_no AND i.status = 'open'))`,
    )
    .pluck();
  await expect.poll(() => going.get(now), { interval: 2, timeout: 20_000 }).toBe(0);
}

/** A thread that waits for an answer, and all there is by which it can be named. */
async function prepare() {
  const threadId = crypto.randomUUID();
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  const [question] = openInterrupts(await waitForStatus(server.url, threadId, "interrupted"));
  const [run] = await getJson<{ run_id: string; assistant_id: string }[]>(
    `${server.url}/threads/${threadId}/runs`,
  );
  const state = await getJson<{ checkpoint: { checkpoint_id: string } }>(
    `${server.url}/threads/${threadId}/state`,
  );
  return {
    thread_id: threadId,
    run_id: run?.run_id ?? "",
    assistant_id: run?.assistant_id ?? "",
    checkpoint_id: state.checkpoint.checkpoint_id,
    interrupt_id: question?.id ?? "",
    graph_id: "ask",
    namespace: "inner",
  } as Record<string, string>;
}

async function stillWaits({ thread_id }: Record<string, string>): Promise<boolean> {
  const { status } = await getJson(`${server.url}/threads/${thread_id}`);
  return status === "interrupted";
}

const encoded = (text: string) => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "?"));

/** Requests to one route. */
function requestsTo(
  [method, path]: [string, string],
  { requestBody, parameters = [] }: Operation,
  { components }: Document,
  ids: Record<string, string>,
): fc.Arbitrary<Asked> {
  const segments = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) =>
    fc.oneof(
      { arbitrary: fc.constant(ids[name] ?? name), weight: 6 },
      { arbitrary: anyText.map(encoded), weight: 2 },
      {
        arbitrary: fc.constantFrom("%FF", "%", "..", ".", "%2e%2e", "%0d%0ax-injected:%20yes", "a%2Fb"),
        weight: 1,
      },
    ),
  );
  const asked = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  const query = fc.array(
    fc.tuple(
      fc.constantFrom(...asked, "limit", "x"),
      fc.oneof(anyText.map(encoded), fc.constantFrom("1", "0", "%FF")),
    ),
    { maxLength: 3 },
  );
  const value = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom("-1", "17~1:2", "%0d%0ax-injected:%20yes", "application/json"),
  );
  const header = fc.tuple(
    fc.constantFrom(
      "idempotency-key",
      "last-event-id",
      "prefer",
      "x-countersign-name",
      "x-api-key",
      "accept",
    ),
    value.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
  );
  const schema = requestBody?.content["application/json"].schema;
  const body = toBytes(
    schema === undefined ? junk : ofSchema(schema, { components: components.schemas, known: ids }),
  );
  return fc
    .record({
      segments: fc.tuple(...segments),
      query,
      headers: fc.array(header, { maxLength: 2 }),
      type: fc.oneof(
        { arbitrary: fc.constant("application/json"), weight: 12 },
        {
          arbitrary: fc.constantFrom(
            "text/plain",
            "application/json; charset=utf-16",
            "multipart/form-data",
            "",
          ),
          weight: 1,
        },
      ),
      body: method === "GET" ? fc.constant(undefined) : fc.option(body, { nil: undefined, freq: 10 }),
    })
    .map((one) => {
      let index = -1;
      const filled = path.replaceAll(/\{\w+\}/g, () => {
        index += 1;
        return one.segments[index] ?? "";
      });
      const search = one.query.map(([name, text]) => `${name}=${text}`).join("&");
      return {
        method,
        path: search === "" ? filled : `${filled}?${search}`,
        headers: {
          ...Object.fromEntries(one.headers),
          ...(one.type === "" ? {} : { "content-type": one.type }),
        },
        body: one.body,
      };
    });
}

/** Fails unless the reply is one that may be. */
function check({ status, rawHeaders, text }: Replied): { refused: boolean } {
  expect(rawHeaders.map((header) => header.toLowerCase())).not.toContain("x-injected");
  const isJson = rawHeaders.some((header) => header.startsWith("application/json"));
  const body = text !== "" && isJson ? (JSON.parse(text) as Record<string, unknown> | null) : {};
  if (status >= 400) expect(body).toMatchObject({ error: expect.any(String), message: expect.any(String) });
  const { error_id: id } = { ...body, ...(body?.meta as object | undefined) } as { error_id?: string };
  if (status >= 500) expect(id).toEqual(expect.any(String));
  // An id stands for a fault of ours.
  expect(id === undefined ? undefined : internal.get(id)).toBeUndefined();
  return { refused: status >= 400 || body?.type === "error" };
}

test(`whatever is asked of any route, it is answered, and what is refused changes nothing (seed ${seed})`, async () => {
  const document = await getJson<Document>(`${server.url}/openapi.json`);
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  expect(routes.length).toBeGreaterThan(50);
  let ids = await prepare();
  for (const { method, path, operation } of routes) {
    if (!(await stillWaits(ids))) ids = await prepare();
    const property = fc.asyncProperty(requestsTo([method, path], operation, document, ids), async (asked) => {
      const before = written();
      const { refused } = check(await ask(server.url, asked));
      if (refused) expect(written()).toEqual(before);
      else if (method !== "GET") await settle();
    });
    await fc.assert(property, { seed, numRuns: runsOfRoute, endOnFailure: true });
    expect(await getJson(`${server.url}/ok`)).toEqual({ ok: true });
  }
});

const methods = fc.constantFrom(
  "run.start",
  "input.respond",
  "input.inject",
  "state.get",
  "state.listCheckpoints",
  "state.fork",
  "agent.getTree",
  "subscription.subscribe",
  "subscription.unsubscribe",
  "constructor",
  "",
);

test(`whatever is said to a socket, it is answered or closed, and the others go on (seed ${seed})`, async () => {
  const document = await getJson<Document>(`${server.url}/openapi.json`);
  const ids = await prepare();
  const { requestBody } = document.paths["/threads/{thread_id}/commands"]?.post ?? {};
  const schema = requestBody?.content["application/json"].schema ?? {};
  const command = fc.record({ id: fc.oneof(fc.nat(9), junk), method: methods, params: junk });
  const said = fc.oneof(
    {
      arbitrary: toBytes(
        fc.oneof(ofSchema(schema, { components: document.components.schemas, known: ids }), command, junk),
      ),
      weight: 8,
    },
    { arbitrary: anyText, weight: 1 },
  );
  const property = fc.asyncProperty(
    fc.oneof(fc.constant(ids.thread_id ?? ""), anyText.filter((text) => text !== "").map(encoded)),
    fc.array(said, { maxLength: 6 }),
    async (threadId, messages) => {
      const address = `${server.url.replace("http", "ws")}/threads/${threadId}/stream/events`;
      const socket = new WebSocket(address, { skipUTF8Validation: true });
      const frames: Record<string, unknown>[] = [];
      let sent = 0;
      const last = new Promise<void>((resolve) => {
        socket.on("message", (data) => {
          const frame = JSON.parse(String(data)) as Record<string, unknown>;
          frames.push(frame);
          if (frame.id === 424242) resolve();
        });
        socket.on("close", () => resolve());
        socket.on("error", () => resolve());
      });
      await Promise.race([once(socket, "open"), last]).catch(() => {});
      if (socket.readyState === socket.OPEN) {
        for (const message of messages) socket.send(message, { binary: false });
        sent = messages.length + 1;
        socket.send(JSON.stringify({ id: 424242, method: "agent.getTree" }));
      }
      await last;
      // Each has its answer; one that takes longer may have it after those that came later.
      const isAnswered = () =>
        socket.readyState !== socket.OPEN || frames.filter(({ type }) => type !== "event").length === sent;
      await expect.poll(isAnswered).toBe(true);
      socket.terminate();
      for (const { type, meta } of frames) {
        expect(["success", "error", "event"]).toContain(type);
        const { error_id: id } = (meta ?? {}) as { error_id?: string };
        expect(id === undefined ? undefined : internal.get(id)).toBeUndefined();
      }
    },
  );
  await fc.assert(property, { seed, numRuns: runsOfSocket, endOnFailure: true });
  await settle();
  expect(await getJson(`${server.url}/ok`)).toEqual({ ok: true });
  await prepare();
});
