import { InMemoryStore, MemorySaver } from "@langchain/langgraph";
import { RemoteGraph } from "@langchain/langgraph/remote";
import { afterAll, beforeAll, expect, test } from "vitest";
import { byApiKey, clientOf, sdkVersions } from "../support/both-stores.ts";
import { getJson, openInterrupts, sendCommand } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { openHookServer } from "../support/hook-server.ts";
import { input, openRows, type Row, resume } from "../support/rows.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";
import { openSocket } from "../support/socket.ts";

/** What the servers of docs/reference-servers.md lack: a door, routes, and care for what they are given. */

let at: Row;
let locked: Row;
beforeAll(async () => {
  at = await openRows({ webhooks: { allowHosts: ["127.0.0.1"] } });
  locked = await openRows({ authenticate: byApiKey });
});
afterAll(async () => {
  await at[Symbol.asyncDispose]();
  await locked[Symbol.asyncDispose]();
});

const ana = { "x-api-key": "ana" };
const bob = { "x-api-key": "bob" };

test("D7: another's thread cannot be streamed, read or answered, nor an id be taken before its owner comes", async () => {
  const threadId = crypto.randomUUID();
  const tell = (method: string, params: object, headers: Record<string, string>) =>
    sendCommand(locked.url, threadId, { method, params, headers });
  // Bob was first to name it.
  const stream = { channels: ["lifecycle", "values", "input"] };
  const early = await locked.request(`POST /threads/${threadId}/stream/events`, stream, bob);
  await tell("state.get", {}, bob);
  await tell("run.start", { assistant_id: "ask", input }, ana);
  const thread = `${locked.url}/threads/${threadId}`;
  await expect.poll(async () => (await getJson(thread, ana)).status).toBe("interrupted");
  const [question] = openInterrupts(await getJson(thread, ana));
  // His stream ends without a word about it.
  expect((await early.text()).replaceAll(": heartbeat\n\n", "")).toBe("");
  expect((await locked.call(`POST /threads/${threadId}/stream/events`, stream, bob)).status).toBe(404);
  expect(await tell("state.get", {}, bob)).toMatchObject({ error: "no_such_thread" });
  const answer = { interrupt_id: question?.id, response: { send: true } };
  expect(await tell("input.respond", answer, bob)).toMatchObject({ error: "no_such_thread" });
  using socket = openSocket(locked.url, threadId, bob);
  expect(await socket.closed).toBe(4404);
  expect(openInterrupts(await getJson(thread, ana))).toHaveLength(1);
  expect(await tell("input.respond", answer, ana)).toMatchObject({ type: "success" });
});

test("E8: no route lets anybody in whom `authenticate` does not know", async () => {
  const document = await getJson<{ paths: Record<string, object> }>(`${locked.url}/openapi.json`, ana);
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "some")}`),
  );
  expect(routes.length).toBeGreaterThan(50);
  for (const route of routes) {
    const { status, body } = await locked.call(route, route.startsWith("GET") ? undefined : {});
    expect([route, status, body.error]).toEqual([route, 401, "unauthenticated"]);
  }
  using socket = openSocket(locked.url, "some");
  expect(await socket.closed).toBe(4401);
});

test("D19: webhooks that fail hold up no run", async () => {
  await using hook = await openHookServer(() => 500);
  const client = clientOf(at.url);
  for (let index = 0; index < 12; index += 1)
    await client.runs.create(null as never, "chat", { input, webhook: hook.url });
  await expect.poll(() => hook.calls.length).toBeGreaterThanOrEqual(12);
  expect(await client.runs.wait(null, "chat", { input })).toHaveProperty("messages");
});

test("D23: what stock clients send is taken: `before` as a config, every `on_completion`, `lifecycle`; a missing thread is a 404", async () => {
  for (const version of sdkVersions) {
    const { threads, runs } = clientOf(at.url, { version });
    const { thread_id: threadId } = await threads.create();
    await runs.wait(threadId, "ask", { input });
    const [newest, ...older] = await threads.getHistory(threadId);
    const before = { configurable: { checkpoint_id: newest?.checkpoint.checkpoint_id } };
    expect(await threads.getHistory(threadId, { before })).toEqual(older);
    for (const onCompletion of ["complete", "continue"] as const)
      expect(await runs.create(null as never, "ask", { input, onCompletion } as never)).toHaveProperty(
        "run_id",
      );
    await expect(runs.wait(crypto.randomUUID(), "ask", { input })).rejects.toThrow(/404/);
  }
  const frames = await at.frames("POST /runs/stream", {
    body: { assistant_id: "nested", input: { notes: [] }, stream_mode: "lifecycle", stream_subgraphs: true },
  });
  expect(frames.some(({ event }) => event.startsWith("lifecycle|inner"))).toBe(true);
});

test("D24: routes and fields that stock clients know are there, and mean something", async () => {
  const client = clientOf(at.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, "ask", { input, durability: "exit", checkpointDuring: false });
  // Asked for less durability, it gives what it has: a checkpoint per step.
  expect((await client.threads.getHistory(threadId)).map(({ next }) => next)).toEqual([
    ["ask"],
    ["talk"],
    ["__start__"],
  ]);
  const strict = { interrupt_id: "nope", response: {}, strict_resume: true };
  expect(await at.command(threadId, "input.respond", strict)).toMatchObject({ error: "no_such_interrupt" });
  const [found] = await client.threads.search({ ids: [threadId], select: ["status"] } as never);
  expect(found).toEqual({ status: "interrupted" });
  const stream = client.threads.joinStream(threadId, { lastEventId: "-1" });
  expect((await stream.next()).value).toHaveProperty("event");
  await stream.return(undefined);
  await client.threads.patchState(threadId, { rating: 5 });
  expect((await client.threads.getState(threadId)).metadata).toMatchObject({ rating: 5 });
  await client.runs.cancelMany({ status: "all" });
  const pruned = await client.threads.prune([threadId], { strategy: "delete" });
  expect(pruned).toEqual({ pruned_count: 1 });
  expect((await at.call("POST /runs/crons/search", {})).status).toBeLessThan(500);
});

test("E9: threads are found by status, values, ids, and shown in the fields asked for", async () => {
  const { threadId, thread } = await at.asked();
  const { threads } = clientOf(at.url);
  const values = thread.values ?? {};
  expect(await threads.search({ status: "interrupted", values, ids: [threadId] } as never)).toEqual([thread]);
  expect(await threads.search({ status: "idle", ids: [threadId] } as never)).toEqual([]);
  expect(await threads.search({ values: { messages: [] }, ids: [threadId] } as never)).toEqual([]);
  const select = ["thread_id", "interrupts"];
  expect(await threads.search({ ids: [threadId], select } as never)).toEqual([
    { thread_id: threadId, interrupts: thread.interrupts },
  ]);
});

test("E10: what Agent Chat UI, RemoteGraph and the SDKs ask for is there", async () => {
  for (const path of ["/ok", "/info", "/assistants/nested", "/assistants/nested/schemas"])
    expect((await at.call(`GET ${path}`)).status, path).toBe(200);
  const remote = new RemoteGraph({ graphId: "nested", url: at.url });
  expect(Object.keys((await remote.getGraphAsync({ xray: true })).nodes)).toContain("inner:gate");
  const client = clientOf(at.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, "ask", { input });
  const [run] = await client.runs.list(threadId);
  const runId = run?.run_id ?? "";
  expect((await client.runs.get(threadId, runId)).status).toBe("success");
  expect(await client.runs.join(threadId, runId)).toHaveProperty("__interrupt__");
  expect(await client.threads.count({})).toBeGreaterThan(0);
  expect(await client.threads.copy(threadId)).toHaveProperty("thread_id");
  await client.store.putItem(["one"], "key", { a: 1 });
  expect((await client.store.getItem(["one"], "key"))?.value).toEqual({ a: 1 });
  await client.runs.wait(threadId, "ask", { command: resume });
  await client.runs.delete(threadId, runId);
});

test("E11: a thread that nobody made is a 404; a run keeps its recursion limit and its tags", async () => {
  const missing = await at.call(`GET /threads/${crypto.randomUUID()}`);
  expect([missing.status, missing.body.error]).toEqual([404, "no_such_thread"]);
  const threadId = crypto.randomUUID();
  await at.command(threadId, "run.start", {
    assistant_id: "chat",
    input,
    config: { recursion_limit: 1, tags: ["kept"] },
  });
  await at.until(threadId, "error");
  const { body: runs } = await at.call<object[]>(`GET /threads/${threadId}/runs`);
  expect(runs).toMatchObject([
    { kwargs: { config: { tags: ["kept"], recursion_limit: 1 } }, error: { error: "GraphRecursionError" } },
  ]);
});

test("E12: the graph that was given is not changed: it keeps its own checkpointer and store, and runs elsewhere", async () => {
  const checkpointer = new MemorySaver();
  const store = new InMemoryStore();
  const graph = createAskGraph().compile({ checkpointer, store });
  const before = { ...graph };
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: graph }, directory: directory.path });
  const client = clientOf(server.url);
  const { thread_id: threadId } = await client.threads.create();
  await client.runs.wait(threadId, "ask", { input });
  await client.assistants.getGraph("ask");
  await client.assistants.getSchemas("ask");
  expect({ ...graph }).toEqual(before);
  expect([graph.checkpointer === checkpointer, graph.store === store]).toEqual([true, true]);
  expect(checkpointer.storage).toEqual({});
});
