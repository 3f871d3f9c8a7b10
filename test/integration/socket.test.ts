import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { openConversation } from "../support/conversation.ts";
import { createAskGraph, createNestedGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";
import { openSocket } from "../support/socket.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

test("commands and events over one socket: ask, answer, done", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  using one = openSocket(server.url, threadId);
  await one.opened;
  const subscribed = await one.command("subscription.subscribe", { channels: ["lifecycle", "input"] });
  expect(subscribed).toMatchObject({ type: "success", result: { subscription_id: expect.any(String) } });
  const started = await one.command("run.start", { assistant_id: "ask", input });
  expect(started).toMatchObject({ type: "success", result: { run_id: expect.any(String) } });
  await expect.poll(() => one.events("input.requested").length, { interval: 5 }).toBe(1);
  const [asked] = one.events("input.requested");
  await expect.poll(() => one.events().at(-1)?.params?.data.event, { interval: 5 }).toBe("interrupted");
  const answered = await one.command("input.respond", {
    interrupt_id: asked?.params?.data.interrupt_id,
    response: { send: true },
  });
  expect(answered).toMatchObject({ type: "success" });
  await expect.poll(() => one.events().at(-1)?.params?.data.event, { interval: 5 }).toBe("completed");
  const seqs = one.events().map(({ seq }) => seq);
  expect(seqs).toEqual([...seqs].sort((a, b) => Number(a) - Number(b)));
  // Another socket replays the same, the reply to its subscription first.
  using two = openSocket(server.url, threadId);
  await two.opened;
  await two.command("subscription.subscribe", { channels: ["lifecycle", "input"] });
  await expect.poll(() => two.events().length, { interval: 5 }).toBe(one.events().length);
  expect(two.frames[0]?.type).toBe("success");
  expect(two.events()).toEqual(one.events());
  // And behind a seq only what came later.
  using three = openSocket(server.url, threadId);
  await three.opened;
  const since = one.events().at(-3)?.seq;
  await three.command("subscription.subscribe", { channels: ["lifecycle", "input"], since });
  await expect.poll(() => three.events().length, { interval: 5 }).toBe(2);
});

test("commands over HTTP drive the listeners of a socket, and unsubscribing ends them", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { nested: createNestedGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  using socket = openSocket(server.url, threadId);
  await socket.opened;
  const all = await socket.command("subscription.subscribe", {
    channels: ["lifecycle", "values"],
    namespaces: [[]],
    depth: 0,
  });
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "nested", input: { notes: ["start"] } },
  });
  const thread = await waitForStatus(server.url, threadId, "interrupted");
  await expect.poll(() => socket.events().at(-1)?.params?.data.event, { interval: 5 }).toBe("interrupted");
  expect(socket.events().every(({ params }) => params?.namespace.length === 0)).toBe(true);
  const { subscription_id } = all.result as { subscription_id: string };
  expect(await socket.command("subscription.unsubscribe", { subscription_id })).toMatchObject({
    type: "success",
  });
  expect(await socket.command("subscription.unsubscribe", { subscription_id })).toMatchObject({
    type: "error",
    error: "no_such_subscription",
  });
  const before = socket.events().length;
  const [question] = openInterrupts(thread);
  await socket.command("input.respond", { interrupt_id: question?.id, response: "yes" });
  await waitForStatus(server.url, threadId, "idle");
  const tree = await socket.command("agent.getTree");
  expect(tree.result).toMatchObject({
    tree: {
      namespace: [],
      status: "completed",
      graph_name: "nested",
      children: [{ graph_name: "inner", status: "completed" }],
    },
  });
  expect(socket.events()).toHaveLength(before);
});

test("checkpoints can be listed and forked from, and a message put in, by command", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const command = (method: string, params: object = {}) =>
    sendCommand(server.url, threadId, { method, params });
  await command("run.start", { assistant_id: "ask", input });
  await waitForStatus(server.url, threadId, "interrupted");
  const listed = (await command("state.listCheckpoints", { limit: 2 })).result as {
    checkpoints: { id: string; step: number; timestamp: number }[];
  };
  expect(listed.checkpoints).toHaveLength(2);
  const [newest, older] = listed.checkpoints;
  expect(newest?.step).toBeGreaterThan(older?.step ?? Number.POSITIVE_INFINITY);
  const before = (await command("state.listCheckpoints", { before: newest?.id })).result as typeof listed;
  expect(before.checkpoints[0]).toEqual(older);
  const forked = await command("state.fork", { checkpoint_id: older?.id });
  expect(forked).toMatchObject({
    type: "success",
    result: { run_id: expect.any(String), thread_id: threadId },
  });
  const thread = await waitForStatus(server.url, threadId, "interrupted");
  expect(openInterrupts(thread)).toHaveLength(1);
  expect(await command("state.fork", { checkpoint_id: "nowhere" })).toMatchObject({
    error: "no_such_checkpoint",
  });
  expect(await command("input.inject", { message: { role: "user", content: "by the way" } })).toMatchObject({
    type: "success",
  });
  const state = (await command("state.get")).result as { values: { messages: { content: string }[] } };
  expect(state.values.messages.at(-1)?.content).toBe("by the way");
});

test("what is no command is answered as an error, and who may not is closed with the reason", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    authenticate: (request) => {
      const id = request.headers.get("x-user");
      return id ? { id } : null;
    },
  });
  const threadId = crypto.randomUUID();
  using ana = openSocket(server.url, threadId, { "x-user": "ana" });
  await ana.opened;
  ana.socket.send("no json");
  await expect
    .poll(() => ana.frames[0], { interval: 5 })
    .toMatchObject({ type: "error", id: null, error: "invalid_argument" });
  for (const id of [{ toString: null }, "five", 0.5]) {
    const before = ana.frames.length;
    ana.socket.send(
      JSON.stringify({ id, method: "subscription.subscribe", params: { channels: ["input"] } }),
    );
    await expect
      .poll(() => ana.frames[before], { interval: 5 })
      .toMatchObject({ type: "error", error: "invalid_argument" });
  }
  expect(await ana.command("nonsense")).toMatchObject({ type: "error", error: "unknown_command" });
  expect(await ana.command("subscription.subscribe", { channels: ["gossip"] })).toMatchObject({
    type: "error",
    error: "invalid_argument",
  });
  await ana.command("run.start", { assistant_id: "ask", input });
  using nobody = openSocket(server.url, threadId);
  expect(await nobody.closed).toBe(4401);
  using ben = openSocket(server.url, threadId, { "x-user": "ben" });
  expect(await ben.closed).toBe(4404);
  // One that was open before the thread was somebody's hears nothing of it.
  const later = crypto.randomUUID();
  using early = openSocket(server.url, later, { "x-user": "ben" });
  await early.opened;
  await early.command("subscription.subscribe", { channels: ["lifecycle"] });
  await sendCommand(server.url, later, {
    method: "run.start",
    params: { assistant_id: "ask", input },
    headers: { "x-user": "ana" },
  });
  expect(await early.closed).toBe(4404);
  expect(early.events()).toEqual([]);
});

test("the stock client over a WebSocket: plan, approve, done; it finds its way back after a restart", async () => {
  await using directory = await temporaryDirectory();
  const threadId = crypto.randomUUID();
  const app = await startApp({ directory: directory.path });
  await using chat = await openConversation(app.url, threadId, { transport: "websocket" });
  await chat.ask("Write hello into hello.txt");
  const { value } = await chat.review(1);
  const { port } = new URL(app.url);
  await app.kill();
  await using again = await startApp({ directory: directory.path, env: { COUNTERSIGN_PORT: port } });
  expect(again.url).toBe(app.url);
  await chat.answer({ type: "approve", digest: value.plan.digest });
  await chat.finished();
  expect(existsSync(join(again.workspace, "hello.txt"))).toBe(true);
});

test("a server that stops says so to its sockets", async () => {
  await using directory = await temporaryDirectory();
  const server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  using socket = openSocket(server.url, crypto.randomUUID());
  await socket.opened;
  await server.stop();
  expect(await socket.closed).toBe(1001);
});
