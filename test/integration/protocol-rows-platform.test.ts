import { afterAll, beforeAll, expect, test } from "vitest";
import { input, openRows, type Row } from "../support/rows.ts";

/** Assistants, the long-term store, and what the server says of itself, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());

interface Assistant {
  assistant_id: string;
  graph_id: string;
  name: string;
  version: number;
  metadata: Record<string, unknown>;
}
const create = (body: object = {}) => at.call<Assistant>("POST /assistants", { graph_id: "ask", ...body });

test("1.4 GET /assistants/:id: by the graph's name or by its id, which is always the same", async () => {
  const { body } = await at.call<Assistant>("GET /assistants/ask");
  expect(body).toEqual({
    assistant_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5/),
    graph_id: "ask",
    config: {},
    context: {},
    metadata: { created_by: "system" },
    version: 1,
    name: "ask",
    description: null,
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
  });
  expect((await at.call(`GET /assistants/${body.assistant_id}`)).body).toEqual(body);
  expect((await at.call(`GET /assistants/${crypto.randomUUID()}`)).status).toBe(404);
});

test("1.4 POST /assistants: with an id, terms and a name; what exists is a 409, or is returned; runs have its terms", async () => {
  const assistant_id = crypto.randomUUID();
  const terms = {
    config: { tags: ["kind"], configurable: { tone: "kind" } },
    context: { who: "ana" },
    metadata: { team: "one" },
    name: "Kind",
    description: "Is kind.",
  };
  const { body } = await create({ assistant_id, ...terms });
  expect(body).toMatchObject({ assistant_id, graph_id: "ask", version: 1, ...terms });
  expect((await create({ assistant_id })).status).toBe(409);
  expect((await create({ assistant_id, if_exists: "do_nothing" })).body).toEqual(body);
  expect((await at.call("POST /assistants", { graph_id: "nobody" })).status).toBe(404);
  const { body: run } = await at.call<{ thread_id: string; assistant_id: string }>("POST /runs", {
    assistant_id,
    input,
  });
  expect(run.assistant_id).toBe(assistant_id);
  expect((await at.until(run.thread_id, "interrupted")).metadata).toMatchObject({
    assistant_id,
    graph_id: "ask",
  });
});

test("1.4 PATCH /assistants/:id: a new version", async () => {
  const { body } = await create({ name: "One", metadata: { team: "one" } });
  const { body: changed } = await at.call<Assistant>(`PATCH /assistants/${body.assistant_id}`, {
    name: "Two",
  });
  expect(changed).toMatchObject({ name: "Two", version: 2, metadata: { team: "one" } });
  expect((await at.call("PATCH /assistants/ask", { name: "Mine" })).status).toBe(403);
});

test("1.4 DELETE /assistants/:id: 204, with its threads where that is asked", async () => {
  const { body } = await create();
  const { assistant_id } = body;
  const { body: run } = await at.call<{ thread_id: string }>("POST /runs", { assistant_id, input });
  await at.until(run.thread_id, "interrupted");
  expect((await at.call(`DELETE /assistants/${assistant_id}?delete_threads=true`)).status).toBe(204);
  expect((await at.call(`GET /threads/${run.thread_id}`)).status).toBe(404);
  expect((await at.call(`GET /assistants/${assistant_id}`)).status).toBe(404);
});

test("1.4 POST /assistants/search: each graph's own and one's own, by graph and metadata, page by page", async () => {
  const team = crypto.randomUUID();
  for (const name of ["A", "B"]) await create({ name, metadata: { team } });
  const search = (body: object) => at.call<Assistant[]>("POST /assistants/search", body);
  const found = await search({ metadata: { team }, sort_by: "name", sort_order: "asc", limit: 1 });
  expect(found.body.map(({ name }) => name)).toEqual(["A"]);
  expect(found.headers.get("x-pagination-next")).toBe("1");
  const own = await search({ metadata: { created_by: "system" }, graph_id: "chat" });
  expect(own.body).toMatchObject([{ graph_id: "chat" }]);
  expect((await search({ metadata: { team }, select: ["name"] })).body.map(Object.keys)).toEqual([
    ["name"],
    ["name"],
  ]);
});

test("1.4 POST /assistants/count: how many there are", async () => {
  const team = crypto.randomUUID();
  await create({ metadata: { team } });
  expect((await at.call<number>("POST /assistants/count", { metadata: { team } })).body).toBe(1);
});

test("1.4 POST /assistants/:id/versions: newest first, by metadata, page by page", async () => {
  const { body } = await create({ metadata: { of: 1 } });
  const path = `/assistants/${body.assistant_id}`;
  await at.call(`PATCH ${path}`, { metadata: { of: 2 } });
  const versions = async (asked: object) =>
    (await at.call<Assistant[]>(`POST ${path}/versions`, asked)).body.map(({ version }) => version);
  expect(await versions({})).toEqual([2, 1]);
  expect(await versions({ limit: 1, offset: 1 })).toEqual([1]);
  expect(await versions({ metadata: { of: 1 } })).toEqual([1]);
});

test("1.4 POST /assistants/:id/latest: back to a version", async () => {
  const { body } = await create({ name: "One" });
  const path = `/assistants/${body.assistant_id}`;
  await at.call(`PATCH ${path}`, { name: "Two" });
  expect((await at.call(`POST ${path}/latest`, { version: 1 })).body).toMatchObject({
    name: "One",
    version: 1,
  });
  expect((await at.call(`GET ${path}`)).body).toMatchObject({ name: "One", version: 1 });
  expect((await at.call(`POST ${path}/latest`, { version: 9 })).status).toBe(404);
});

test("1.4 GET /assistants/:id/graph: nodes and edges, with `xray` those inside", async () => {
  interface Drawing {
    nodes: { id: string }[];
    edges: { source: string; target: string }[];
  }
  const { body } = await at.call<Drawing>("GET /assistants/nested/graph");
  expect(body.nodes.map(({ id }) => id)).toEqual(["__start__", "inner", "after", "__end__"]);
  expect(body.edges).toContainEqual(expect.objectContaining({ source: "inner", target: "after" }));
  const { body: inside } = await at.call<Drawing>("GET /assistants/nested/graph?xray=true");
  expect(inside.nodes.map(({ id }) => id)).toContain("inner:gate");
});

test("1.4 GET /assistants/:id/schemas: of input, output, state and context", async () => {
  const { body } = await at.call("GET /assistants/sum/schemas");
  expect(Object.keys(body).sort()).toEqual([
    "config_schema",
    "context_schema",
    "graph_id",
    "input_schema",
    "output_schema",
    "state_schema",
  ]);
  expect(body.state_schema).toMatchObject({ type: "object", properties: { a: { type: "number" } } });
});

test("1.4 GET /assistants/:id/subgraphs/:ns: the schemas of each, or of one", async () => {
  const { body } = await at.call("GET /assistants/nested/subgraphs?recurse=true");
  expect(Object.keys(body)).toEqual(["inner"]);
  expect((await at.call("GET /assistants/nested/subgraphs/inner")).body).toEqual(body);
  expect((await at.call("GET /assistants/ask/subgraphs")).body).toEqual({});
});

const namespace = ["people", "ana"];

test("1.4 PUT /store/items: 204; what is there is replaced", async () => {
  for (const value of [{ likes: "tea" }, { likes: "coffee" }])
    expect((await at.call("PUT /store/items", { namespace, key: "one", value })).status).toBe(204);
  const { body } = await at.call("GET /store/items?namespace=people.ana&key=one");
  expect(body).toMatchObject({ value: { likes: "coffee" } });
  expect((await at.call("PUT /store/items", { namespace, key: "one", value: "text" })).status).toBe(400);
});

test("1.4 GET /store/items: by its dotted namespace and key; null when there is none", async () => {
  await at.call("PUT /store/items", { namespace, key: "two", value: { a: 1 } });
  expect((await at.call("GET /store/items?namespace=people.ana&key=two")).body).toEqual({
    namespace,
    key: "two",
    value: { a: 1 },
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
  });
  expect(await at.call("GET /store/items?namespace=people.ana&key=none")).toMatchObject({ body: null });
});

test("1.4 DELETE /store/items: 204, and it is gone", async () => {
  await at.call("PUT /store/items", { namespace, key: "three", value: {} });
  expect((await at.call("DELETE /store/items", { namespace, key: "three" })).status).toBe(204);
  expect((await at.call("GET /store/items?namespace=people.ana&key=three")).body).toBeNull();
});

test("1.4 POST /store/items/search: below a namespace, by members of the value", async () => {
  const here = ["search", crypto.randomUUID()];
  for (const [key, colour] of [
    ["a", "red"],
    ["b", "blue"],
  ])
    await at.call("PUT /store/items", { namespace: here, key, value: { colour } });
  const search = async (body: object) =>
    (
      await at.call<{ items: { key: string }[] }>("POST /store/items/search", {
        namespace_prefix: here,
        ...body,
      })
    ).body.items.map(({ key }) => key);
  expect((await search({})).sort()).toEqual(["a", "b"]);
  expect(await search({ filter: { colour: "blue" } })).toEqual(["b"]);
  expect(await search({ limit: 1 })).toHaveLength(1);
});

test("1.4 POST /store/namespaces: by beginning and end, down to a depth", async () => {
  const root = crypto.randomUUID();
  for (const leaf of ["x", "y"])
    await at.call("PUT /store/items", { namespace: [root, leaf, "z"], key: "k", value: {} });
  const list = async (body: object) =>
    (await at.call<{ namespaces: string[][] }>("POST /store/namespaces", { prefix: [root], ...body })).body
      .namespaces;
  expect((await list({})).sort()).toEqual([
    [root, "x", "z"],
    [root, "y", "z"],
  ]);
  expect(await list({ max_depth: 1 })).toEqual([[root]]);
  expect(await list({ suffix: ["y", "z"] })).toEqual([[root, "y", "z"]]);
});

test("1.4 /runs/crons and /threads/:id/runs/crons: created, changed, found, counted, deleted", async () => {
  const { threadId } = await at.asked();
  const terms = { assistant_id: "ask", schedule: "0 9 * * *", input: null };
  const ofThread = await at.call<{ cron_id: string }>(`POST /threads/${threadId}/runs/crons`, terms);
  expect(ofThread.body).toMatchObject({ thread_id: threadId, schedule: "0 9 * * *", enabled: true });
  const { cron_id: id } = (await at.call<{ cron_id: string }>("POST /runs/crons", terms)).body;
  expect((await at.call(`PATCH /runs/crons/${id}`, { enabled: false })).body).toMatchObject({
    ...{ cron_id: id, thread_id: null, enabled: false, next_run_date: null, on_run_completed: "delete" },
  });
  expect((await at.call("POST /runs/crons/search", { enabled: false })).body).toMatchObject([
    { cron_id: id },
  ]);
  expect((await at.call("POST /runs/crons/count", { thread_id: threadId })).body).toBe(1);
  expect((await at.call(`DELETE /runs/crons/${id}`)).status).toBe(204);
  expect((await at.call(`DELETE /runs/crons/${id}`)).status).toBe(404);
  expect((await at.call(`DELETE /runs/crons/${ofThread.body.cron_id}`)).status).toBe(204);
});

test("1.4 GET /info: the version, and flags by which clients decide", async () => {
  const { status, body } = await at.call("GET /info");
  expect([status, body]).toMatchObject([
    200,
    {
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      context: "js",
      flags: { assistants: true, crons: true, langsmith: false },
    },
  ]);
});

test("1.4 GET /ok: that it is there", async () => {
  expect(await at.call("GET /ok")).toMatchObject({ status: 200, body: { ok: true } });
});

test("1.4 POST /ui/:assistant_id and POST /internal/truncate are not there, and say so", async () => {
  for (const path of ["/ui/ask", "/internal/truncate"])
    expect(await at.call(`POST ${path}`, {})).toMatchObject({ status: 404, body: { error: "not_found" } });
});
