import { Annotation, getStore, type LangGraphRunnableConfig, START, StateGraph } from "@langchain/langgraph";
import { InMemoryStore } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import {
  byApiKey,
  clientOf,
  sdkVersions,
  serveAt,
  storeKinds,
  temporaryPlace,
} from "../support/both-stores.ts";

const State = Annotation.Root({ note: Annotation<string>, known: Annotation<unknown> });

/** Remembers a note, in a subgraph, and tells all that it knows. */
function createRememberingGraph({ withNamespaces = true } = {}) {
  const inner = new StateGraph(State)
    .addNode("keep", async ({ note }, config: LangGraphRunnableConfig) => {
      await config.store?.put(["notes"], note, { note, size: note.length });
      return {};
    })
    .addEdge(START, "keep")
    .compile();
  return new StateGraph(State)
    .addNode("inner", inner)
    .addNode("tell", async () => {
      const found = await getStore()?.search(["notes"], { filter: { size: { $gte: 3 } } });
      const namespaces = withNamespaces ? await getStore()?.listNamespaces({ prefix: ["notes"] }) : [];
      const one = await getStore()?.get(["notes"], "none");
      return { known: { notes: found?.map(({ key }) => key).sort(), namespaces, one } };
    })
    .addEdge(START, "inner")
    .addEdge("inner", "tell");
}

async function remember(url: string, note: string, user: string | null = null): Promise<unknown> {
  const client = clientOf(url, { user });
  const values = (await client.runs.wait(null, "memory", { input: { note } })) as { known: unknown };
  return values.known;
}

test.each(storeKinds)(
  "%s: what a graph keeps is there for its next thread, for clients, and after a restart",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const graphs = { memory: createRememberingGraph() };
    await (async () => {
      await using server = await serveAt(place, { graphs });
      expect(await remember(server.url, "first")).toEqual({
        notes: ["first"],
        namespaces: [["notes"]],
        one: null,
      });
    })();
    await using server = await serveAt(place, { graphs });
    await clientOf(server.url).store.putItem(["notes"], "by hand", { size: 7 });
    await remember(server.url, "me");
    expect(await remember(server.url, "second")).toMatchObject({ notes: ["by hand", "first", "second"] });
    const item = await clientOf(server.url).store.getItem(["notes"], "second");
    expect(item).toMatchObject({ key: "second", namespace: ["notes"], value: { note: "second", size: 6 } });
  },
);

test.each(sdkVersions)(
  "SDK %s: items are put, got, searched, listed by namespace, deleted",
  async (version) => {
    await using place = await temporaryPlace("sqlite");
    await using server = await serveAt(place, { graphs: { memory: createRememberingGraph() } });
    const { store } = clientOf(server.url, { version });
    expect(await store.getItem(["a"], "none")).toBeNull();
    for (const [namespace, key, n] of [
      [["a"], "one", 1],
      [["a", "b"], "two", 2],
      [["a", "c", "b"], "three", 3],
      [["d"], "four", 4],
    ] as [string[], string, number][]) {
      await store.putItem(namespace, key, { n, even: n % 2 === 0, tags: [key] });
    }
    const keys = async (namespace: string[], options = {}) =>
      (await store.searchItems(namespace, options)).items.map(({ key }) => key);
    expect(await keys(["a"])).toEqual(["three", "two", "one"]);
    expect(await keys([], { filter: { even: true } })).toEqual(["four", "two"]);
    expect(await keys([], { filter: { n: { $gt: 1, $lte: 3 } } })).toEqual(["three", "two"]);
    expect(await keys([], { filter: { n: { $in: [1, 4] }, tags: ["one"] } })).toEqual(["one"]);
    expect(await keys([], { filter: { n: { $ne: 1 }, absent: { $nin: [1] } }, limit: 1, offset: 1 })).toEqual(
      ["three"],
    );
    await expect(keys([], { filter: { n: { $where: 1 } } })).rejects.toThrow(/400.*\$where/s);

    const namespaces = async (options: object) => (await store.listNamespaces(options)).namespaces;
    expect(await namespaces({})).toEqual([["a"], ["a", "b"], ["a", "c", "b"], ["d"]]);
    expect(await namespaces({ prefix: ["a"], suffix: ["b"] })).toEqual([
      ["a", "b"],
      ["a", "c", "b"],
    ]);
    expect(await namespaces({ prefix: ["a", "*", "b"] })).toEqual([["a", "c", "b"]]);
    expect(await namespaces({ maxDepth: 1, limit: 1, offset: 1 })).toEqual([["d"]]);

    await store.putItem(["a"], "one", { n: 10 });
    const item = await store.getItem(["a"], "one");
    expect(item?.value).toEqual({ n: 10 });
    await store.deleteItem(["a"], "one");
    expect(await store.getItem(["a"], "one")).toBeNull();
  },
);

test("an item that has expired is gone; reading it gives it its time again", async () => {
  await using place = await temporaryPlace("sqlite");
  let now = Date.now();
  await using server = await serveAt(place, { graphs: { memory: createRememberingGraph() }, now: () => now });
  const { store } = clientOf(server.url);
  await store.putItem(["t"], "k", { n: 1 }, { ttl: 1 });
  now += 50_000;
  expect(await store.getItem(["t"], "k")).toMatchObject({ value: { n: 1 } });
  now += 50_000;
  expect(await store.getItem(["t"], "k", { refreshTtl: false })).toMatchObject({ value: { n: 1 } });
  now += 10_000;
  expect(await store.getItem(["t"], "k")).toBeNull();
  expect((await store.searchItems([])).items).toEqual([]);
});

test.each(storeKinds)("%s: another's items are not there, for clients nor for graphs", async (kind) => {
  await using place = await temporaryPlace(kind);
  await using server = await serveAt(place, {
    graphs: { memory: createRememberingGraph() },
    authenticate: byApiKey,
  });
  const ana = clientOf(server.url, { user: "ana" }).store;
  const ben = clientOf(server.url, { user: "ben" }).store;
  await ana.putItem(["notes"], "hers", { size: 4 });
  expect(await ben.getItem(["notes"], "hers")).toBeNull();
  expect((await ben.searchItems([])).items).toEqual([]);
  expect((await ben.listNamespaces()).namespaces).toEqual([]);
  await ben.deleteItem(["notes"], "hers");
  expect(await remember(server.url, "his", "ben")).toMatchObject({ notes: ["his"] });
  expect(await remember(server.url, "more", "ana")).toMatchObject({ notes: ["hers", "more"] });
});

test("names that are none, and values that are no objects, are refused and nothing is kept", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs: { memory: createRememberingGraph() } });
  const put = async (body: object) =>
    (
      await fetch(`${server.url}/store/items`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      })
    ).status;
  const item = { namespace: ["a"], key: "k", value: {} };
  for (const wrong of [
    { namespace: [] },
    { namespace: ["a.b"] },
    { namespace: [""] },
    { namespace: ["\u0000"] },
    { namespace: Array.from({ length: 21 }, () => "a") },
    { key: "" },
    { key: "\ud800" },
    { key: "k".repeat(501) },
    { value: [1] },
    { value: null },
    { ttl: -1 },
  ]) {
    expect(await put({ ...item, ...wrong }), JSON.stringify(wrong)).toBe(400);
  }
  expect((await clientOf(server.url).store.searchItems([])).items).toEqual([]);
  expect(await put(item)).toBe(204);
});

test("who may not read or write the store is told so", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, {
    graphs: { memory: createRememberingGraph() },
    authorize: (_identity, action) => !action.startsWith("store."),
  });
  const { store } = clientOf(server.url);
  await expect(store.getItem(["a"], "k")).rejects.toThrow(/403.*store\.read/s);
  await expect(store.searchItems([])).rejects.toThrow(/403/);
  await expect(store.listNamespaces()).rejects.toThrow(/403/);
  await expect(store.putItem(["a"], "k", {})).rejects.toThrow(/403.*store\.write/s);
  await expect(store.deleteItem(["a"], "k")).rejects.toThrow(/403/);
});

test("a graph compiled with a store of its own keeps it", async () => {
  await using place = await temporaryPlace("sqlite");
  const own = new InMemoryStore();
  const memory = createRememberingGraph({ withNamespaces: false }).compile({ store: own });
  await using server = await serveAt(place, { graphs: { memory } });
  await remember(server.url, "mine");
  expect(await own.get(["notes"], "mine")).not.toBeNull();
  expect(await clientOf(server.url).store.getItem(["notes"], "mine")).toBeNull();
});
