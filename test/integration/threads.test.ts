import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import {
  byApiKey,
  clientOf,
  sdkVersions,
  serveAt,
  storeKinds,
  temporaryPlace,
} from "../support/both-stores.ts";
import { getJson, openInterrupts, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

const State = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
  topic: Annotation<string>,
});

function createNotesGraph() {
  return new StateGraph(State)
    .addNode("first", () => ({ notes: ["first"] }))
    .addNode("second", ({ notes }) => ({ notes: [`second of ${notes.length}`] }))
    .addEdge(START, "first")
    .addEdge("first", "second");
}

const graphs = { ask: createAskGraph(), notes: createNotesGraph() };

test.each(storeKinds)("%s: a copy goes on by itself: its question, its state, its answer", async (kind) => {
  await using place = await temporaryPlace(kind);
  const first = await serveAt(place, { graphs });
  const before = clientOf(first.url);
  const { thread_id: threadId } = await before.threads.create({ metadata: { title: "One" } });
  await before.runs.wait(threadId, "ask", { input });
  // The SDK's types say `Thread<unknown>`; older builds say void.
  const copy = (await before.threads.copy(threadId)) as unknown as { thread_id: string; metadata: object };
  await first.stop();

  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const { thread_id: copyId } = copy;
  expect(copy.metadata).toMatchObject({ title: "One", graph_id: "ask" });
  const waiting = await waitForStatus(server.url, copyId, "interrupted");
  const [question] = openInterrupts(waiting);
  expect(question).toEqual(openInterrupts(await waitForStatus(server.url, threadId, "interrupted"))[0]);
  expect((await client.threads.getState(copyId)).values).toEqual(
    (await client.threads.getState(threadId)).values,
  );
  expect((await readEvents(server.url, copyId)).map(({ method }) => method)).toEqual([
    "checkpoints",
    "values",
    "input.requested",
  ]);
  const reply = await sendCommand(server.url, copyId, {
    method: "input.respond",
    params: { interrupt_id: question?.id, response: { send: true } },
  });
  expect(reply).toMatchObject({ type: "success" });
  await waitForStatus(server.url, copyId, "idle");
  const { values } = await client.threads.getState<{ messages: { content: string }[] }>(copyId);
  expect(values.messages.at(-1)?.content).toBe("Sent.");
  expect((await client.threads.get(threadId)).status).toBe("interrupted");
});

test.each(sdkVersions)("SDK %s: threads are counted, copied, and found by their values", async (version) => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url, { version });
  for (const topic of ["a", "b", "a"]) {
    const { thread_id: id } = await client.threads.create({ metadata: { topic, nr: 1 } });
    await client.runs.wait(id, "notes", { input: { topic } });
  }
  const { thread_id: empty } = await client.threads.create();
  const count = async (body: object = {}) =>
    Number(
      await (
        await fetch(`${server.url}/threads/count`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        })
      ).json(),
    );
  expect([await count(), await count({ metadata: { topic: "a" } }), await count({ status: "busy" })]).toEqual(
    [4, 2, 0],
  );
  expect(await count({ values: { topic: "a" } })).toBe(2);
  const found = await client.threads.search({ values: { topic: "b" } } as never);
  expect(found.map(({ values }) => values)).toMatchObject([{ topic: "b" }]);
  const none = await client.threads.search({ values: { topic: "b", notes: [] } } as never);
  expect(none).toEqual([]);
  await client.threads.copy(empty);
  expect(await count()).toBe(5);
});

test("a page of threads says how many there are; parts of them can be had by name", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  for (const topic of ["a", "b", "c"]) {
    const { thread_id: id } = await client.threads.create();
    await client.runs.wait(id, "notes", { input: { topic } });
  }
  const search = async (body: object) => {
    const response = await fetch(`${server.url}/threads/search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sort_by: "created_at", sort_order: "asc", ...body }),
    });
    const { headers } = response;
    const page = [headers.get("x-pagination-total"), headers.get("x-pagination-next")];
    return { page, threads: (await response.json()) as Record<string, unknown>[] };
  };
  expect((await search({ limit: 2 })).page).toEqual(["3", "2"]);
  expect((await search({ limit: 2, offset: 2 })).page).toEqual(["3", null]);
  expect((await search({ limit: 1, values: { notes: ["first", "second of 1"] } })).page).toEqual([null, "1"]);
  const extract = { topic: "values.topic", last: "values.notes[-1]", none: "values.a.b[0]" };
  const { threads } = await search({ limit: 1, select: ["status"], extract });
  expect(threads).toEqual([{ status: "idle", extracted: { topic: "a", last: "second of 1", none: null } }]);
});

test.each(storeKinds)(
  "%s: a thread with a time to live goes when it has not been used for that long",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    let now = Date.now();
    await using server = await serveAt(place, { graphs, now: () => now });
    const client = clientOf(server.url);
    const { thread_id: stays } = await client.threads.create();
    const { thread_id: goes } = await client.threads.create({ ttl: 1 });
    const { thread_id: changed } = await client.threads.create({ ttl: 1 });
    expect(await getJson(`${server.url}/threads/${goes}`)).toMatchObject({
      ttl: { strategy: "delete", ttl_minutes: 1, expires_at: new Date(now + 60_000).toISOString() },
    });
    await client.threads.update(changed, { ttl: 60, metadata: {} });
    now += 59_000;
    await client.runs.wait(stays, "notes", { input: { topic: "x" } });
    now += 2_000;
    await expect
      .poll(async () => (await fetch(`${server.url}/threads/${goes}`)).status, {
        timeout: 10_000,
        interval: 20,
      })
      .toBe(404);
    for (const id of [stays, changed]) expect((await client.threads.get(id)).status).toBe("idle");
  },
);

test.each(storeKinds)(
  "%s: a thread can be created with a state, step by step, and goes on from it",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using server = await serveAt(place, { graphs });
    const client = clientOf(server.url);
    const supersteps = [
      { updates: [{ values: { topic: "given", notes: ["input"] }, asNode: "__start__" }] },
      { updates: [{ values: { notes: ["as first"] }, asNode: "first" }] },
    ];
    const { thread_id: threadId, values } = await client.threads.create({ graphId: "notes", supersteps });
    expect(values).toEqual({ topic: "given", notes: ["input", "as first"] });
    expect((await client.threads.getState(threadId)).next).toEqual(["second"]);
    expect(await client.threads.getHistory(threadId)).toHaveLength(2);
    const told = (await readEvents(server.url, threadId)).filter(({ method }) => method === "values");
    expect(told.map(({ params }) => params.data)).toEqual([values]);
    const ended = await client.runs.wait(threadId, "notes", { input: null });
    expect(ended).toMatchObject({ notes: ["input", "as first", "second of 2"] });
  },
);

test("a state that the graph refuses, or of no graph, makes no thread", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const wrong = [{ updates: [{ values: { notes: ["x"] }, asNode: "nowhere" }] }];
  for (const graphId of ["notes", "none", undefined]) {
    await expect(
      client.threads.create({ ...(graphId ? { graphId } : {}), supersteps: wrong }),
    ).rejects.toThrow(/400/);
  }
  expect(await client.threads.search()).toEqual([]);
});

test("metadata can be added to the newest checkpoint, but not what the engine says of it", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, "notes", { input: { topic: "x" } });
  const before = await client.threads.getState(threadId);
  await client.threads.patchState(threadId, { rating: 5, step: 99 });
  const { metadata, values } = await client.threads.getState(threadId);
  expect(metadata).toEqual({ ...before.metadata, rating: 5 });
  expect(values).toEqual(before.values);
});

test.each(storeKinds)("%s: another's thread is not counted, copied, followed, or changed", async (kind) => {
  await using place = await temporaryPlace(kind);
  await using server = await serveAt(place, { graphs, authenticate: byApiKey });
  const [ana, ben] = [clientOf(server.url, { user: "ana" }), clientOf(server.url, { user: "ben" })];
  const { thread_id: threadId } = await ana.threads.create();
  expect(await ana.threads.count()).toBe(1);
  expect(await ben.threads.count()).toBe(0);
  await expect(ben.threads.copy(threadId)).rejects.toThrow(/404/);
  await expect(ben.threads.patchState(threadId, { a: 1 })).rejects.toThrow(/404/);
  await expect(ben.threads.joinStream(threadId).next()).rejects.toThrow(/404/);
});

test("who may read only some threads finds and counts full pages of those", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, {
    graphs,
    authorize: (_identity, action, thread) => action !== "threads.read" || thread?.metadata.hidden !== true,
  });
  const { threads } = clientOf(server.url);
  for (let index = 0; index < 6; index += 1)
    await threads.create({ metadata: { hidden: index % 2 === 0, index } });
  expect(await threads.count()).toBe(3);
  const page = await threads.search({ limit: 2, sortBy: "created_at", sortOrder: "asc" });
  expect(page.map(({ metadata }) => metadata?.index)).toEqual([1, 3]);
  const next = await threads.search({ limit: 2, offset: 2, sortBy: "created_at", sortOrder: "asc" });
  expect(next.map(({ metadata }) => metadata?.index)).toEqual([5]);
});

test("a thread is followed over its runs, from any point, and tells of states written from outside", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, "notes", { input: { topic: "one" } });
  await client.threads.updateState(threadId, { values: { notes: ["outside"] }, asNode: "second" });
  const streamMode = ["run_modes", "lifecycle", "state_update"] as const;
  const stream = client.threads.joinStream(threadId, { lastEventId: "-1", streamMode: [...streamMode] });
  const seen: { id?: string; event: string; data: Record<string, unknown> }[] = [];
  const readUntil = async (isLast: (chunk: (typeof seen)[number]) => boolean) => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done) throw new Error("the stream ended");
      seen.push(value as never);
      if (isLast(value as never)) return;
    }
  };
  await readUntil(({ event }) => event === "state_update");
  expect(seen.at(-1)?.data).toMatchObject({ values: { notes: ["first", "second of 1", "outside"] } });
  const lastId = seen.at(-1)?.id;
  await client.runs.wait(threadId, "notes", { input: { topic: "two" } });
  await readUntil(({ data }) => data?.status === "run_done");
  await stream.return(undefined);
  expect(seen.filter(({ data }) => data?.status === "run_done")).toHaveLength(2);
  expect(seen.filter(({ event }) => event === "values").at(-1)?.data).toMatchObject({ topic: "two" });

  const later = client.threads.joinStream(threadId, {
    lastEventId: String(lastId),
    streamMode: ["lifecycle"],
  });
  expect((await later.next()).value).toMatchObject({ event: "metadata", data: { status: "run_started" } });
  await later.return(undefined);
});
