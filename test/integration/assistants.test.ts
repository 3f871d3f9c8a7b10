import { type LangGraphRunnableConfig, START, StateGraph } from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  byApiKey,
  clientOf,
  sdkVersions,
  serveAt,
  storeKinds,
  temporaryPlace,
} from "../support/both-stores.ts";
import { createAskGraph, createNestedGraph } from "../support/graphs.ts";

/** Says back what it was configured with. */
function createMirror() {
  return new StateGraph(
    z.object({ text: z.string(), seen: z.unknown().optional() }),
    z.object({ tone: z.string() }),
  )
    .addNode("look", (_state, { configurable, context, metadata, tags }: LangGraphRunnableConfig) => ({
      seen: { model: configurable?.model, turn: configurable?.turn, context, kind: metadata?.kind, tags },
    }))
    .addEdge(START, "look");
}

const terms = {
  config: { tags: ["of the assistant"], configurable: { model: "small", turn: "first" } },
  context: { tone: "dry" },
  metadata: { kind: "writer" },
};

test.each(storeKinds)(
  "%s: an assistant of one's own adds to its runs, also after a restart",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const graphs = { mirror: createMirror() };
    const { assistantId, threadId } = await (async () => {
      await using server = await serveAt(place, { graphs });
      const client = clientOf(server.url);
      const { assistant_id, version, name } = await client.assistants.create({
        graphId: "mirror",
        name: "Dry",
        ...terms,
      });
      expect([version, name]).toEqual([1, "Dry"]);
      return { assistantId: assistant_id, threadId: (await client.threads.create()).thread_id };
    })();
    await using server = await serveAt(place, { graphs });
    const client = clientOf(server.url);
    const values = await client.runs.wait(threadId, assistantId, {
      input: { text: "hello" },
      config: { configurable: { turn: "second" } },
      context: { mood: "fine" },
      metadata: { kind: "reader" },
    });
    expect(values).toMatchObject({
      seen: {
        model: "small",
        turn: "second",
        context: { tone: "dry", mood: "fine" },
        kind: "reader",
        tags: expect.arrayContaining(["of the assistant"]),
      },
    });
    const [run] = await client.runs.list(threadId);
    expect(run?.assistant_id).toBe(assistantId);
    expect((await client.threads.get(threadId)).metadata).toMatchObject({
      graph_id: "mirror",
      assistant_id: assistantId,
    });
  },
);

test.each(sdkVersions)(
  "SDK %s: assistants are created, changed, gone back, found, counted, deleted",
  async (version) => {
    await using place = await temporaryPlace("sqlite");
    await using server = await serveAt(place, { graphs: { mirror: createMirror(), ask: createAskGraph() } });
    const client = clientOf(server.url, { version });
    const { assistants } = client;
    const [ofGraph] = await assistants.search({ graphId: "mirror" });
    expect(ofGraph).toMatchObject({ name: "mirror", version: 1, metadata: { created_by: "system" } });
    expect(await assistants.get("mirror")).toEqual(ofGraph);
    const mine = { assistantId: crypto.randomUUID(), graphId: "mirror", ...terms };
    const first = await assistants.create(mine);
    await expect(assistants.create(mine)).rejects.toThrow(/409/);
    expect(await assistants.create({ ...mine, ifExists: "do_nothing" })).toEqual(first);
    await expect(assistants.create({ graphId: "nowhere" })).rejects.toThrow(/404/);

    const id = first.assistant_id;
    const second = await assistants.update(id, { name: "Renamed", metadata: { more: 1 } });
    expect(second).toMatchObject({ version: 2, name: "Renamed", metadata: { kind: "writer", more: 1 } });
    expect((await assistants.getVersions(id)).map((one) => one.version)).toEqual([2, 1]);
    expect(await assistants.setLatest(id, 1)).toMatchObject({ version: 1, name: first.name });
    await expect(assistants.setLatest(id, 9)).rejects.toThrow(/404/);

    expect(
      (await assistants.search({ metadata: { kind: "writer" } })).map((one) => one.assistant_id),
    ).toEqual([id]);
    expect(await assistants.search({ graphId: "ask", limit: 1, offset: 1 })).toEqual([]);
    const names = await assistants.search({
      sortBy: "graph_id",
      sortOrder: "asc",
      select: ["graph_id"],
    } as never);
    expect(names).toEqual([{ graph_id: "ask" }, { graph_id: "mirror" }, { graph_id: "mirror" }]);
    const counted = await fetch(`${server.url}/assistants/count`, { method: "POST" });
    expect(await counted.json()).toBe(3);
    await assistants.delete(id);
    await expect(assistants.get(id)).rejects.toThrow(/404/);
    const ofTheGraph = String(ofGraph?.assistant_id);
    await expect(assistants.update(ofTheGraph, { name: "mine now" })).rejects.toThrow(/403/);
    await expect(assistants.delete(ofTheGraph)).rejects.toThrow(/403/);
  },
);

test("a page of assistants says where the next one starts, and how many there are", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs: { mirror: createMirror(), ask: createAskGraph() } });
  const { assistants } = clientOf(server.url);
  const first = await assistants.search({ limit: 1, includePagination: true });
  expect(first.next).toBe("1");
  const second = await assistants.search({ limit: 1, offset: 1, includePagination: true });
  expect(second.next).toBeNull();
  const seen = [...first.assistants, ...second.assistants].map((one) => one.graph_id);
  expect(seen.sort()).toEqual(["ask", "mirror"]);
});

test.each(storeKinds)(
  "%s: another's assistant is not there: not to see, run, change or count",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using server = await serveAt(place, { graphs: { mirror: createMirror() }, authenticate: byApiKey });
    const [ana, ben] = [clientOf(server.url, { user: "ana" }), clientOf(server.url, { user: "ben" })];
    const { assistant_id: id } = await ana.assistants.create({ graphId: "mirror" });
    expect(await ana.assistants.count()).toBe(2);
    expect(await ben.assistants.count()).toBe(1);
    expect((await ben.assistants.search()).map((one) => one.assistant_id)).not.toContain(id);
    const { thread_id: threadId } = await ben.threads.create();
    for (const attempt of [
      () => ben.assistants.get(id),
      () => ben.assistants.update(id, { name: "ben's" }),
      () => ben.assistants.delete(id),
      () => ben.assistants.getVersions(id),
      () => ben.assistants.setLatest(id, 1),
      () => ben.assistants.getSchemas(id),
      () => ben.assistants.create({ assistantId: id, graphId: "mirror", ifExists: "do_nothing" }),
      () => ben.runs.create(threadId, id, { input: { text: "x" } }),
    ]) {
      await expect(attempt()).rejects.toThrow(/404/);
    }
    expect(await ben.runs.list(threadId)).toEqual([]);
    expect(await ana.assistants.get(id)).toMatchObject({ version: 1, name: "Untitled" });
  },
);

test("deleting an assistant may take its threads along", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs: { mirror: createMirror() } });
  const client = clientOf(server.url);
  const { assistant_id: id } = await client.assistants.create({ graphId: "mirror", ...terms });
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, id, { input: { text: "x" } });
  const { thread_id: bystander } = await client.threads.create();
  await client.assistants.delete(id, { deleteThreads: true });
  await expect(client.threads.get(threadId)).rejects.toThrow(/404/);
  expect(await client.threads.get(bystander)).toMatchObject({ status: "idle" });
});

test("who may not read or write assistants is told so", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, {
    graphs: { mirror: createMirror() },
    authorize: (_identity, action) => !action.startsWith("assistants."),
  });
  const { assistants } = clientOf(server.url);
  await expect(assistants.get("mirror")).rejects.toThrow(/403.*assistants\.read/s);
  await expect(assistants.search()).rejects.toThrow(/403.*assistants\.read/s);
  await expect(assistants.create({ graphId: "mirror" })).rejects.toThrow(/403.*assistants\.write/s);
});

test("a graph is drawn, tells its schemas and its subgraphs, also to RemoteGraph", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, {
    graphs: { mirror: createMirror(), nested: createNestedGraph() },
  });
  const { assistants } = clientOf(server.url);
  const drawn = await assistants.getGraph("nested");
  expect(drawn.nodes.map(({ id }) => id)).toEqual(["__start__", "inner", "after", "__end__"]);
  expect(drawn.edges).toContainEqual({ source: "inner", target: "after", conditional: false });
  const insides = await assistants.getGraph("nested", { xray: true });
  expect(insides.nodes.map(({ id }) => id)).toContain("inner:gate");
  expect(await assistants.getSchemas("mirror")).toMatchObject({
    graph_id: "mirror",
    input_schema: { type: "object", properties: { text: { type: "string" } } },
    state_schema: { required: ["text"] },
    context_schema: { properties: { tone: { type: "string" } } },
  });
  expect(await assistants.getSchemas("nested")).toMatchObject({ input_schema: null });
  expect(Object.keys(await assistants.getSubgraphs("nested"))).toEqual(["inner"]);
  expect(Object.keys(await assistants.getSubgraphs("nested", { namespace: "inner" }))).toEqual(["inner"]);
  expect(await assistants.getSubgraphs("mirror", { recurse: true })).toEqual({});

  const remote = new RemoteGraph({ graphId: "nested", url: server.url });
  const graph = await remote.getGraphAsync();
  expect(Object.keys(graph.nodes)).toContain("inner");
});
