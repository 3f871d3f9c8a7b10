import { Validator } from "@cfworker/json-schema";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { Client } from "@langchain/langgraph-sdk";
import { Validator as OpenApiValidator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { startCore } from "../../src/core/core.ts";
import { effect } from "../../src/effects/index.ts";
import { pathsOf } from "../../src/http/openapi.ts";
import { describeRoutes } from "../../src/http/openapi-routes.ts";
import { createApp } from "../../src/http/server.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createAskGraph, createNestedGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const describedRoutes = describeRoutes();

type Json = Record<string, unknown>;
interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
  requestBody?: { content: Record<string, { schema: Json }> };
}
interface Document extends Json {
  paths: Record<string, Record<string, Operation>>;
  components: Json;
}

const input = { messages: [{ role: "user", content: "hello" }] };

/** Does one thing to the world, with a tool that it tells of. */
function createActGraph() {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("act", async (_state, config) => {
      await effect(config, { key: "act", scope: "thread" }, async () => ({ did: "act" }));
      return {};
    })
    .addEdge(START, "act")
    .compile();
  const tool = { name: "act", description: "Acts.", inputSchema: { type: "object" }, contentArguments: [] };
  return Object.assign(graph, {
    describeTools: () => [{ ...tool, risk: "write", idempotent: false }] as const,
  });
}

async function withServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  await using directory = await temporaryDirectory();
  const graphs = { ask: createAskGraph(), nested: createNestedGraph(), act: createActGraph() };
  await using server = await serve({ graphs, directory: directory.path });
  return await use(server.url);
}

test("every route that is served is described, and every one described is served", async () => {
  const options = { graphs: { ask: createAskGraph() }, store: sqlite(":memory:") };
  const core = await startCore(options);
  const served = createApp(core, options, new AbortController().signal)
    .routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  await core.stop(0);
  const described = Object.keys(describedRoutes);
  for (const route of served) {
    expect(
      described,
      `${route} is served, and /openapi.json does not know it: add it to the table at the end of the file it is in (see RouteEntry in src/http/describe-route.ts); a new table goes into routeGroups in src/http/route-groups.ts`,
    ).toContain(route);
  }
  for (const route of described) {
    expect(served, `${route} is described and not served: take it out of its table`).toContain(route);
  }
});

test("the document is valid OpenAPI 3.1, and behind the guard like the rest", async () => {
  await withServer(async (url) => {
    const document = await getJson<Document>(`${url}/openapi.json`);
    const result = await new OpenApiValidator().validate(structuredClone(document));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const ids = operations.map((operation) => (operation as unknown as { operationId: string }).operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const foreign = await fetch(`${url}/openapi.json`, { headers: { origin: "https://a.example.com" } });
    expect(foreign.status).toBe(403);
    for (const reference of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(Object.keys(document.components.schemas as object)).toContain(reference[1]);
    }
  });
});

/** Holds what is sent and what is replied against the document. */
function createChecker(document: Document) {
  const seen = new Set<string>();
  const routes = Object.keys(describedRoutes).flatMap((name) => {
    const [method = "", route = ""] = name.split(" ");
    return pathsOf(route).map((path) => {
      const pattern = new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`);
      // Of two that fit, the one with more fixed parts is meant.
      const weight = path.split("/").filter((part) => !part.startsWith(":")).length;
      return { method, template: path.replaceAll(/:(\w+)/g, "{$1}"), pattern, weight };
    });
  });
  const issuesOf = (schema: Json | undefined, value: unknown) => {
    if (schema === undefined) return ["there is no schema for it"];
    const whole = { ...schema, components: document.components };
    const { errors } = new Validator(whole, "2020-12", false).validate(value);
    return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
  };
  // A checker that lets everything through would prove nothing.
  expect(issuesOf({ $ref: "#/components/schemas/Thread" }, { thread_id: 1 })).not.toEqual([]);
  const check: typeof fetch = async (resource, init) => {
    const request = new Request(resource, init);
    const { method } = request;
    const { pathname } = new URL(request.url);
    const sent = await request.clone().text();
    const response = await fetch(request);
    const [route] = routes
      .filter((one) => one.method === method && one.pattern.test(pathname))
      .sort((a, b) => b.weight - a.weight);
    expect(route, `${method} ${pathname}`).toBeDefined();
    const name = `${method} ${route?.template}`;
    seen.add(name);
    const operation = document.paths[route?.template ?? ""]?.[method.toLowerCase()];
    const reply = operation?.responses[String(response.status)];
    expect(reply, `${name} replied ${response.status}`).toBeDefined();
    if (sent !== "" && response.ok)
      expect(
        issuesOf(operation?.requestBody?.content["application/json"]?.schema, JSON.parse(sent)),
        name,
      ).toEqual([]);
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    if (type === "application/json") {
      const value: unknown = await response.clone().json();
      expect(issuesOf(reply?.content?.[type]?.schema, value), `${name} ${JSON.stringify(value)}`).toEqual([]);
    } else if (response.body !== null) {
      expect(Object.keys(reply?.content ?? {}), name).toContain(type);
    }
    return response;
  };
  return { fetch: check, seen };
}

test("what a run from its start to its end sends and gets is as the document says", async () => {
  await withServer(async (url) => {
    const document = await getJson<Document>(`${url}/openapi.json`);
    const checker = createChecker(document);
    const client = new Client({
      apiUrl: url,
      apiKey: null,
      callerOptions: { maxRetries: 0, fetch: checker.fetch },
    });
    const get = (path: string) => checker.fetch(`${url}${path}`);
    const post = (path: string, body: object = {}) =>
      checker.fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    for (const path of ["/ok", "/info", "/openapi.json"]) await get(path);

    const { thread_id: threadId } = await client.threads.create({ metadata: { title: "One" } });
    await client.threads.update(threadId, { metadata: { title: "Two" } });
    await client.runs.wait(threadId, "ask", { input });
    await client.threads.search({ status: "interrupted" });
    await client.threads.search({ select: ["thread_id"] });
    const thread = await waitForStatus(url, threadId, "interrupted");
    await post("/interrupts/search");
    await client.threads.getState(threadId);
    const history = await client.threads.getHistory(threadId);
    const first = history.at(-1)?.checkpoint?.checkpoint_id ?? "";
    await client.threads.getState(threadId, first);
    await client.threads.getState(threadId, history[0]?.checkpoint ?? "");
    const [question] = openInterrupts(thread);
    const respond = (params: object) =>
      post(`/threads/${threadId}/commands`, { id: 1, method: "input.respond", params });
    await respond({ interrupt_id: question?.id, response: { send: true }, after_seconds: 60 });
    const undo = `${url}/threads/${threadId}/interrupts/${question?.id}/undo`;
    const undone = await checker.fetch(undo, { method: "POST" });
    const { interrupt_id: again } = (await undone.json()) as { interrupt_id: string };
    await respond({ interrupt_id: again, response: { send: true } });
    await post(`/threads/${threadId}/commands`, { id: 2, method: "state.get", params: { namespace: [] } });
    await post(`/threads/${threadId}/commands`, { id: 3, method: "agent.getTree" });
    await waitForStatus(url, threadId, "idle");
    await client.threads.updateState(threadId, { values: { messages: [] } });
    const [run] = await client.runs.list(threadId);
    await client.runs.get(threadId, run?.run_id ?? "");
    await client.runs.join(threadId, run?.run_id ?? "");
    for await (const _ of client.runs.joinStream(threadId, run?.run_id ?? "")) break;
    for await (const _ of client.runs.joinStream(null, run?.run_id ?? "")) break;
    await client.runs.cancel(threadId, run?.run_id ?? "").catch(() => {});

    const { thread_id: nested } = await client.threads.create();
    await client.runs.create(nested, "nested", { input: { notes: [] } });
    await waitForStatus(url, nested, "interrupted");
    await client.threads.getState(nested, undefined, { subgraphs: true });
    for await (const _ of client.runs.stream(nested, "nested", { command: { resume: "yes" } }));
    await client.runs.wait(null, "ask", { input });
    await client.runs.create(null as never, "ask", { input });
    await client.runs.createBatch([{ assistantId: "ask", input }] as never);
    for await (const _ of client.runs.stream(null, "ask", { input }));

    const assistant = await client.assistants.create({ graphId: "ask" });
    const { assistant_id: id } = assistant;
    await client.assistants.update(id, { graphId: "ask", name: "Another" });
    await client.assistants.setLatest(id, 1);
    await client.assistants.get(id);
    await client.assistants.getVersions(id);
    await client.assistants.search();
    await client.assistants.count();
    await client.assistants.getGraph("nested");
    await client.assistants.getSchemas("nested");
    await client.assistants.getSubgraphs("nested");
    await client.assistants.getSubgraphs("nested", { namespace: "inner" });
    await get("/assistants/act/tools");
    await client.assistants.delete(id);

    const { thread_id: later } = await client.threads.create();
    const delayed = await client.runs.create(later, "ask", { input, afterSeconds: 1_000 });
    await client.runs.cancelMany({ status: "pending" });
    await client.runs.delete(later, delayed.run_id);

    const hourly = { schedule: "@hourly", input };
    const cron = await client.crons.createForThread(later, "ask", { ...hourly, timezone: "Europe/Berlin" });
    const alone = await client.crons.create("ask", { ...hourly, endTime: "2100-01-01T00:00:00+01:00" });
    await client.crons.update(cron.cron_id, { enabled: false });
    await client.crons.search();
    await client.crons.search({ select: ["cron_id"] });
    await client.crons.count();
    await client.crons.delete(alone.cron_id);

    await client.threads.count();
    await post("/threads/search/text", { query: "hello" });
    await client.threads.copy(threadId);
    await client.threads.patchState(threadId, { rating: 5 });
    await client.threads.update(threadId, { metadata: {}, ttl: 60 });
    const followed = client.threads.joinStream(threadId, { lastEventId: "-1" });
    await followed.next();
    await followed.return(undefined);

    const opened = new AbortController();
    const stream = await checker.fetch(`${url}/threads/${threadId}/stream/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"channels":["lifecycle"]}',
      signal: opened.signal,
    });
    expect(stream.status).toBe(200);
    expect((await get(`/threads/${threadId}/viewers`)).status).toBe(200);
    opened.abort();
    const { thread_id: acted } = await client.threads.create();
    await client.runs.wait(acted, "act", { input });
    for (const path of ["effects", "effects/act", "effects/none"]) await get(`/threads/${acted}/${path}`);

    // Refusals have a schema, too.
    const other = crypto.randomUUID();
    await sendCommand(url, other, { method: "run.start", params: { assistant_id: "ask", input } });
    const [open] = openInterrupts(await waitForStatus(url, other, "interrupted"));
    const refusals = [
      await post("/threads", { thread_id: threadId }),
      await post("/threads/search", { limit: "ten" }),
      await get(`/threads/${crypto.randomUUID()}`),
      await post(`/threads/${threadId}/runs/wait`, { assistant_id: "nobody" }),
      await post(`/threads/${other}/runs`, { assistant_id: "ask", input }),
      await get(`/threads/${threadId}/runs/none`),
      await post("/runs/crons", { assistant_id: "ask", schedule: "soon" }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([409, 400, 404, 404, 409, 404, 400]);
    await checker.fetch(`${url}/threads/${other}/interrupts/${open?.id}/cancel`, { method: "POST" });
    await client.threads.delete(other);
    await post("/threads/prune", { thread_ids: [threadId], strategy: "keep_latest" });

    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // What the other engineers' routes reply is held against the document by tests of their own.
    const own = documented.filter((route) =>
      /^\w+ \/(threads|runs|assistants|interrupts|ok|info|openapi)/.test(route),
    );
    expect(own.filter((route) => !checker.seen.has(route))).toEqual([]);
  });
});
