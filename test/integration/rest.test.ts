import { Client } from "@langchain/langgraph-sdk";
import { Client as Client111 } from "langgraph-sdk-1-11";
import { expect, test } from "vitest";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, observe, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { createAskGraph, createTalkGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

test("threads are created, found, listed, changed and deleted by stock clients", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const client = new Client({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });
  const older = new Client111({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });

  const created = await client.threads.create({ metadata: { title: "One", nested: { a: [1] } } });
  expect(created).toMatchObject({ status: "idle", metadata: { title: "One" }, interrupts: {}, values: null });
  expect(await older.threads.get(created.thread_id)).toMatchObject({ thread_id: created.thread_id });
  await expect(client.threads.create({ threadId: created.thread_id })).rejects.toThrow(/exists already/);
  await client.threads.create({ threadId: created.thread_id, ifExists: "do_nothing" });

  await client.threads.update(created.thread_id, { metadata: { title: "Two" } });
  expect((await client.threads.get(created.thread_id)).metadata).toEqual({
    title: "Two",
    nested: { a: [1] },
  });

  await client.threads.create({ metadata: { title: "Other" } });
  const found = await client.threads.search({ metadata: { nested: { a: [1] } } });
  expect(found.map((thread) => thread.thread_id)).toEqual([created.thread_id]);
  const slim = await client.threads.search({ limit: 1, select: ["thread_id", "metadata"] });
  expect(Object.keys(slim[0] ?? {})).toEqual(["thread_id", "metadata"]);

  await client.threads.delete(created.thread_id);
  await expect(client.threads.get(created.thread_id)).rejects.toThrow(/404/);
  await expect(client.threads.getState(created.thread_id)).rejects.toThrow(/404/);
});

test("a thread's status, its interrupts, its state and the search by status agree", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const client = new Client({ apiUrl: server.url, apiKey: null });
  const threadId = crypto.randomUUID();
  await sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  const thread = await waitForStatus(server.url, threadId, "interrupted");
  const state = await client.threads.getState(threadId);
  const waiting = await client.threads.search({ status: "interrupted" });
  expect(waiting.map((one) => one.thread_id)).toEqual([threadId]);
  expect(thread.metadata).toMatchObject({ graph_id: "ask" });
  expect(thread.interrupts).toEqual(waiting[0]?.interrupts);
  expect(state.tasks.map(({ id, interrupts }) => [id, interrupts.map((one) => one.id)])).toEqual(
    Object.entries(thread.interrupts).map(([id, list]) => [id, list.map((one) => one.id)]),
  );
  expect(state.next).toEqual(["ask"]);
  expect(thread.values).toEqual(state.values);
  expect(await client.threads.search({ status: "idle" })).toEqual([]);

  const history = await client.threads.getHistory(threadId);
  expect(history[0]).toMatchObject({ checkpoint: { checkpoint_id: state.checkpoint?.checkpoint_id } });
  expect(history.map(({ metadata }) => metadata?.step)).toEqual([1, 0, -1]);
  const [, before] = history;
  const older = await client.threads.getHistory(threadId, {
    before: { configurable: { checkpoint_id: history[0]?.checkpoint?.checkpoint_id } } as never,
    limit: 1,
  });
  expect(older[0]?.checkpoint).toEqual(before?.checkpoint);
  expect((await client.threads.getState(threadId, before?.checkpoint?.checkpoint_id ?? "")).values).toEqual(
    before?.values,
  );
  await expect(getJson(`${server.url}/threads/${threadId}/state/nope`)).resolves.toMatchObject({
    error: "no_such_checkpoint",
  });
});

test("runs are listed, and a run that a question ends is a success", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const client = new Client({ apiUrl: server.url, apiKey: null });
  const threadId = crypto.randomUUID();
  const reply = await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input },
  });
  await waitForStatus(server.url, threadId, "interrupted");
  const [run] = await client.runs.list(threadId);
  expect(run).toMatchObject({ run_id: reply.result?.run_id, status: "success", thread_id: threadId });
  expect(await client.runs.get(threadId, run?.run_id ?? "")).toEqual(run);
  await expect(client.runs.get(threadId, crypto.randomUUID())).rejects.toThrow(/404/);
});

test("a cancelled run stops its model, and the thread goes on from where it was", async () => {
  await using directory = await temporaryDirectory();
  let reached = 0;
  const model = new ScriptedModel({
    script: async () => {
      reached += 1;
      if (reached === 1) await new Promise(() => {}); // never answers
      return { text: "Here I am." };
    },
  });
  await using server = await serve({ graphs: { talk: createTalkGraph(model) }, directory: directory.path });
  const client = new Client({ apiUrl: server.url, apiKey: null, callerOptions: { maxRetries: 0 } });
  const threadId = crypto.randomUUID();
  const start = () =>
    sendCommand(server.url, threadId, { method: "run.start", params: { assistant_id: "talk", input } });
  const { result } = await start();
  await expect.poll(() => reached).toBe(1);
  expect((await waitForStatus(server.url, threadId, "busy")).status).toBe("busy");
  await client.runs.cancel(threadId, String(result?.run_id), true);
  expect(await client.runs.get(threadId, String(result?.run_id))).toMatchObject({ status: "interrupted" });
  await waitForStatus(server.url, threadId, "idle");
  const last = (await readEvents(server.url, threadId, { channels: ["lifecycle"] })).findLast(
    ({ params }) => params.namespace.length === 0,
  );
  expect(last?.params.data).toMatchObject({ event: "interrupted", reason: "cancelled" });

  await start();
  const done = await waitForStatus(server.url, threadId, "idle");
  await expect
    .poll(async () => JSON.stringify((await observe(server.url, done.thread_id)).state))
    .toContain("Here I am.");
});

test("runs that come while one is on wait their turn; with `interrupt` they take its place", async () => {
  await using directory = await temporaryDirectory();
  const release: (() => void)[] = [];
  const model = new ScriptedModel({
    script: async (messages) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return { text: `re: ${messages.at(-1)?.text}` };
    },
  });
  await using server = await serve({ graphs: { talk: createTalkGraph(model) }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const say = (content: string, more = {}) =>
    sendCommand(server.url, threadId, {
      method: "run.start",
      params: { assistant_id: "talk", input: { messages: [{ role: "user", content }] }, ...more },
    });
  await say("one");
  await expect.poll(() => release.length).toBe(1);
  expect(await say("no", { multitask_strategy: "reject" })).toMatchObject({
    type: "error",
    meta: { code: "thread_busy" },
  });
  await say("two");
  const runs = await getJson<{ status: string }[]>(`${server.url}/threads/${threadId}/runs`);
  expect(runs.map(({ status }) => status)).toEqual(["pending", "running"]);
  release[0]?.();
  await expect.poll(() => release.length).toBe(2);
  await say("three", { multitask_strategy: "interrupt" });
  await expect.poll(() => release.length).toBe(3);
  release[2]?.();
  const done = await waitForStatus(server.url, threadId, "idle");
  const said = (done.values?.messages as { content: string }[] | undefined)?.map(({ content }) => content);
  expect(said).toEqual(["one", "re: one", "two", "three", "re: three"]);
});

test("a graph that throws ends its run as failed, with the reason, and the thread can be used again", async () => {
  await using directory = await temporaryDirectory();
  let calls = 0;
  const model = new ScriptedModel({
    script: () => {
      calls += 1;
      return calls === 1 ? { text: "half a", error: new Error("the wire was cut") } : { text: "whole" };
    },
  });
  await using server = await serve({ graphs: { talk: createTalkGraph(model) }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const start = (given: unknown) =>
    sendCommand(server.url, threadId, {
      method: "run.start",
      params: { assistant_id: "talk", input: given },
    });
  await start(input);
  const failed = await waitForStatus(server.url, threadId, "error");
  expect(failed.error?.message).toBe("the wire was cut");
  const events = await readEvents(server.url, threadId);
  expect(events.at(-1)?.params.data).toMatchObject({ event: "failed", error: "the wire was cut" });
  expect(events.some(({ method, params }) => method === "messages" && params.data.event === "error")).toBe(
    true,
  );
  await start(null); // go on from where it failed
  const done = await waitForStatus(server.url, threadId, "idle");
  expect(done.error).toBeUndefined();
  expect((done.values?.messages as { content: string }[] | undefined)?.map(({ content }) => content)).toEqual(
    ["hello", "whole"],
  );
});

test("what is not there says so", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  expect(await getJson(`${server.url}/ok`)).toEqual({ ok: true });
  expect(await getJson(`${server.url}/info`)).toMatchObject({ version: "0.1.0", graphs: ["ask"] });
  const missing = await fetch(`${server.url}/nowhere`);
  expect([missing.status, await missing.json()]).toMatchObject([404, { error: "not_found" }]);
  const bad = await fetch(`${server.url}/threads/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"limit":"ten"}',
  });
  expect([bad.status, await bad.json()]).toMatchObject([
    400,
    { error: "invalid_argument", message: expect.stringContaining("limit") },
  ]);
});
