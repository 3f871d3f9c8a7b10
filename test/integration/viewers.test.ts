import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ServerOptions } from "../../src/http/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { postgres } from "../../src/postgres/index.ts";
import { serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { openEvents, sendCommand } from "../support/command.ts";
import { startFaultServer } from "../support/faults.ts";
import { createAskGraph } from "../support/graphs.ts";
import { temporaryDatabase } from "../support/postgres.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { createChatGraph, createGate } from "../support/site-graphs.ts";
import { openSocket } from "../support/socket.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

const gate = createGate();

/** Everybody is of one team, but for Eve. */
const options: Omit<ServerOptions, "store"> = {
  graphs: { ask: createAskGraph(), chat: createChatGraph(gate) },
  authenticate(request) {
    const id = request.headers.get("x-api-key");
    return id ? { id, owner: id === "eve" ? "eve" : "team" } : null;
  },
};

const keyOf = (id: string) => ({ "x-api-key": id });
const clientOf = (url: string, id: string | null) =>
  new Client({ apiUrl: url, apiKey: id, callerOptions: { maxRetries: 0 } });

interface Viewer {
  id: string;
  verified: boolean;
  since: string;
}

async function viewersOf(url: string, threadId: string, as = "ana"): Promise<Viewer[]> {
  const response = await fetch(`${url}/threads/${threadId}/viewers`, { headers: keyOf(as) });
  expect(response.status).toBe(200);
  return ((await response.json()) as { viewers: Viewer[] }).viewers;
}

/** Waits until these are the thread's viewers, in this order. */
async function showing(url: string, threadId: string, ids: string[]): Promise<void> {
  const now = async () => (await viewersOf(url, threadId)).map(({ id }) => id);
  await expect.poll(now, { interval: 10 }).toEqual(ids);
}

/** A stock client's view of a thread. */
function openView(url: string, threadId: string, id: string, transport: "sse" | "websocket") {
  // Over a WebSocket of the browser it could send no headers, so it refuses a key: the socket is told it.
  const client = clientOf(url, transport === "sse" ? id : null);
  const view = client.threads.stream(threadId, {
    assistantId: "ask",
    transport,
    webSocketFactory: (address: string) => new WebSocket(address, { headers: keyOf(id) }),
  } as never);
  void view.output.catch(() => {}); // subscribes
  return view;
}

test.each(storeKinds)(
  "%s: two stock clients on one thread are its viewers, whatever they read it by; who leaves is none any more",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    await using server = await serveAt(place, options);
    const { url } = server;
    const { thread_id: threadId } = await clientOf(url, "ana").threads.create();
    expect(await viewersOf(url, threadId)).toEqual([]);
    const view = openView(url, threadId, "ana", "sse");
    await showing(url, threadId, ["ana"]);
    const other = openView(url, threadId, "ben", "websocket");
    await showing(url, threadId, ["ana", "ben"]);
    for (const viewer of await viewersOf(url, threadId, "ben"))
      expect(viewer).toEqual({ id: expect.any(String), verified: true, since: expect.stringMatching(/Z$/) });
    expect((await fetch(`${url}/threads/${threadId}/viewers`, { headers: keyOf("eve") })).status).toBe(404);

    await other.close();
    await showing(url, threadId, ["ana"]);
    await view.close();
    await showing(url, threadId, []);
    // The classic protocol: a thread's stream, and a run's. Who waits for a run reads nothing meanwhile.
    const stop = new AbortController();
    const followed = clientOf(url, "cleo").threads.joinStream(threadId, { signal: stop.signal } as never);
    followed.next().catch(() => {});
    await showing(url, threadId, ["cleo"]);
    gate.shut();
    const run = clientOf(url, "ana").runs.stream(threadId, "chat", { input });
    const { value: first } = await run.next();
    const { run_id: runId } = (first as { data: { run_id: string } }).data;
    const waiting = fetch(`${url}/threads/${threadId}/runs/${runId}/join`, { headers: keyOf("ben") });
    const joined = clientOf(url, "dan").runs.joinStream(threadId, runId);
    joined.next().catch(() => {});
    await showing(url, threadId, ["cleo", "ana", "dan"]);
    gate.open();
    for await (const _ of run);
    for await (const _ of joined);
    await (await waiting).text();
    await showing(url, threadId, ["cleo"]);
    stop.abort();
    await showing(url, threadId, []);
  },
);

test("a stream that is opened before its thread counts once the thread is there; never when it is another's", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, options);
  const { url } = server;
  const threadId = crypto.randomUUID();
  await using stranger = openEvents(url, threadId, { channels: ["lifecycle"] }, keyOf("eve"));
  await using early = openEvents(url, threadId, { channels: ["lifecycle"] }, keyOf("ben"));
  using outside = openSocket(url, threadId, keyOf("eve"));
  using inside = openSocket(url, threadId, keyOf("cleo"));
  using silent = openSocket(url, threadId, keyOf("eve"));
  await Promise.all([stranger.response, early.response, outside.opened, inside.opened, silent.opened]);
  for (const socket of [outside, inside])
    await socket.command("subscription.subscribe", { channels: ["lifecycle"] });
  await clientOf(url, "ana").threads.create({ threadId });
  // Nothing has been said yet, and nobody was asked whether they may read it.
  expect(await viewersOf(url, threadId)).toEqual([]);
  await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: "ask", input },
    headers: keyOf("ana"),
  });
  // Who reads has seen the first event by then.
  expect((await early.events.next()).value?.method).toBe("lifecycle");
  expect(await stranger.events.next()).toEqual({ done: true, value: undefined });
  expect(await outside.closed).toBe(4404);
  await expect.poll(() => inside.events().length, { interval: 5 }).toBeGreaterThan(0);
  const ids = (await viewersOf(url, threadId)).map(({ id }) => id);
  expect(ids.sort()).toEqual(["ben", "cleo"]);
});

test("two servers on one database show the viewers of both; one that stops takes its own along", async () => {
  await using place = await temporaryPlace("postgres");
  await using one = await serveAt(place, options);
  // A clock that stands: nobody is forgotten only because time has passed.
  const at = Date.now();
  await using two = await serveAt(place, { ...options, now: () => at });
  const { thread_id: threadId } = await clientOf(one.url, "ana").threads.create();
  const view = openView(one.url, threadId, "ana", "sse");
  await showing(one.url, threadId, ["ana"]);
  const other = openView(two.url, threadId, "ben", "websocket");
  const both = async (url: string) => (await viewersOf(url, threadId)).map(({ id }) => id).sort();
  for (const { url } of [one, two])
    await expect.poll(() => both(url), { interval: 10 }).toEqual(["ana", "ben"]);
  const again = openView(two.url, threadId, "ana", "sse");
  await again.close();
  await other.close();
  await showing(one.url, threadId, ["ana"]);
  await showing(two.url, threadId, ["ana"]);
  await one.stop();
  await showing(two.url, threadId, []);
  await view.close().catch(() => {});
});

test("whom a process has told of that died is forgotten, and whom one tells of that lives is not", async () => {
  await using directory = await temporaryDirectory();
  await using database = await temporaryDatabase();
  await using dying = await startFaultServer({ directory: directory.path, store: database.url });
  let aheadMs = 0;
  const graphs = { ask: createAskGraph() };
  const serveOne = (now = Date.now) =>
    listen(createServer({ graphs, store: postgres(database.url), now }), { port: 0, host: "127.0.0.1" });
  const living = await serveOne();
  const looking = await serveOne(() => Date.now() + aheadMs);
  try {
    const { thread_id: threadId } = await clientOf(looking.url, "ana").threads.create();
    const open = (url: string, name: string) =>
      openEvents(url, threadId, { channels: ["lifecycle"] }, { "x-countersign-name": name });
    await using first = open(dying.url, "dying");
    await showing(looking.url, threadId, ["local:dying"]);
    await using second = open(living.url, "living");
    await showing(looking.url, threadId, ["local:dying", "local:living"]);
    await Promise.all([first.response, second.response]);
    await dying.kill();
    expect(await viewersOf(looking.url, threadId)).toHaveLength(2);
    aheadMs = 60_000;
    const left = (await viewersOf(looking.url, threadId)).map(({ id }) => id);
    expect(left).not.toContain("local:dying");
    await showing(looking.url, threadId, ["local:living"]);
  } finally {
    await living.stop();
    await looking.stop();
  }
});
