import { connect } from "node:net";
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Lease } from "../../src/core/ports.ts";
import { ask } from "../../src/effects/index.ts";
import { createServer, type Store } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import {
  getJson,
  observe,
  openEvents,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Notes, asks, and notes the answer. */
function createGateGraph() {
  return new StateGraph(State)
    .addNode("before", () => ({ notes: ["before"] }))
    .addNode("gate", () => ({ notes: [String(interrupt({ question: "May I?" }))] }))
    .addEdge(START, "before")
    .addEdge("before", "gate")
    .addEdge("gate", END);
}

async function startGate(url: string, headers: Record<string, string> = {}) {
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "gate", input: { notes: [] } };
  await sendCommand(url, threadId, { method: "run.start", params, headers });
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  return { threadId, id: question?.id };
}

const notesOf = async (url: string, threadId: string) =>
  (await getJson<{ values: { notes: string[] } }>(`${url}/threads/${threadId}/state`)).values.notes;

test("an upgrade that is none is refused, and the server goes on", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { gate: createGateGraph() }, directory: directory.path });
  const { port } = new URL(server.url);
  const head =
    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  for (const lines of [
    "GET /threads/a/stream/events HTTP/1.1\r\nhost: a b\r\n",
    "GET http://[/threads/a/stream/events HTTP/1.1\r\nhost: localhost\r\n",
  ]) {
    const socket = connect(Number(port), "127.0.0.1");
    let reply = "";
    socket.on("data", (bytes) => {
      reply += String(bytes);
    });
    socket.write(lines + head);
    await expect.poll(() => reply, { interval: 5 }).toMatch(/^HTTP\/1\.1 400/);
    socket.destroy();
  }
  expect(await getJson(`${server.url}/ok`)).toEqual({ ok: true });
});

test("what a client says on a socket before its login is checked is heard", async () => {
  await using directory = await temporaryDirectory();
  let letIn = () => {};
  const checked = new Promise<void>((resolve) => {
    letIn = resolve;
  });
  await using server = await serve({
    graphs: { gate: createGateGraph() },
    directory: directory.path,
    authenticate: async () => {
      await checked;
      return { id: "ana" };
    },
  });
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/threads/t/stream/events`);
  const replies: unknown[] = [];
  socket.on("message", (data) => replies.push(JSON.parse(String(data))));
  socket.on("open", () => {
    socket.send(
      JSON.stringify({ id: 1, method: "subscription.subscribe", params: { channels: ["values"] } }),
    );
    socket.send(JSON.stringify({ id: 2, method: "nonsense" }), letIn);
  });
  await expect.poll(() => replies.length, { interval: 5 }).toBe(2);
  expect(replies).toMatchObject([
    { id: 1, type: "success" },
    { id: 2, type: "error" },
  ]);
  socket.terminate();
});

test("an answer reaches the question where it stands, and goes back to no earlier checkpoint", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { gate: createGateGraph() }, directory: directory.path });
  const { url } = server;
  const { threadId, id } = await startGate(url);
  const { checkpoints } = (await sendCommand(url, threadId, { method: "state.listCheckpoints" })).result as {
    checkpoints: { id: string }[];
  };
  const answerFrom = (checkpoint_id: string | null | undefined) =>
    sendCommand(url, threadId, {
      method: "input.respond",
      params: { interrupt_id: id, response: "yes", config: { configurable: { checkpoint_id } } },
    });
  const before = await observe(url, threadId);
  expect(await answerFrom(checkpoints.at(-1)?.id)).toMatchObject({
    type: "error",
    error: "invalid_argument",
  });
  expect(await observe(url, threadId)).toEqual(before);
  expect(await answerFrom(checkpoints[0]?.id)).toMatchObject({ type: "success" });
  await waitForStatus(url, threadId, "idle");
  expect(await notesOf(url, threadId)).toEqual(["before", "yes"]);
});

test("a thread that was deleted and made anew by another is not read by who knew the first", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { gate: createGateGraph() },
    directory: directory.path,
    authenticate: (request) => ({ id: request.headers.get("x-api-key") ?? "eve" }),
  });
  const { url } = server;
  const headers = (user: string) => ({ "x-api-key": user, "content-type": "application/json" });
  await fetch(`${url}/threads`, { method: "POST", headers: headers("eve"), body: '{"thread_id":"ticket"}' });
  await using stream = openEvents(url, "ticket", { channels: ["lifecycle", "values"] });
  expect((await stream.response).status).toBe(200);
  await fetch(`${url}/threads/ticket`, { method: "DELETE", headers: headers("eve") });
  const params = { assistant_id: "gate", input: { notes: ["secret"] } };
  await sendCommand(url, "ticket", { method: "run.start", params, headers: headers("ana") });
  expect(await stream.events.next()).toEqual({ done: true, value: undefined });
});

test("of updates at once each builds upon the other", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { gate: createGateGraph() }, directory: directory.path });
  const { threadId } = await startGate(server.url);
  const update = (note: string) =>
    fetch(`${server.url}/threads/${threadId}/state`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ values: { notes: [note] }, as_node: "before" }),
    });
  const replies = await Promise.all(["one", "two"].map(update));
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  expect((await notesOf(server.url, threadId)).sort()).toEqual(["before", "one", "two"]);
});

test("a store in trouble for a while costs a run no more than time", async () => {
  await using directory = await temporaryDirectory();
  let failures = 4;
  const store = sqlite(`${directory.path}/test.db`);
  const { open } = store;
  store.open = async () => {
    await open();
    const { record } = store.runs;
    store.runs.record = async (lease, facts) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error("the disk is busy");
      }
      return record(lease, facts);
    };
  };
  const server = createServer({ graphs: { gate: createGateGraph() }, store, report: () => {} });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  const { threadId } = await startGate(url);
  const [run] = await getJson<{ attempt: number; status: string }[]>(`${url}/threads/${threadId}/runs`);
  expect(run).toMatchObject({ status: "success", attempt: 5 });
  await stop();
});

test("a late word about an attempt that is over does not stop the next one", async () => {
  await using directory = await temporaryDirectory();
  const store = sqlite(`${directory.path}/test.db`);
  const { open } = store;
  let isFailing = false;
  let asked: Lease[] = [];
  let reply: (reviewed: Awaited<ReturnType<Store["runs"]["review"]>>) => void = () => {};
  store.open = async () => {
    await open();
    const { record, review } = store.runs;
    store.runs.record = async (lease, facts) => {
      if (isFailing && lease.attempt === 1) throw new Error("the disk is busy");
      return record(lease, facts);
    };
    store.runs.review = async (leases) => {
      if (asked.length > 0) return review(leases);
      asked = leases;
      return new Promise((resolve) => {
        reply = resolve;
      });
    };
  };
  let begun = 0;
  let letGo = () => {};
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const graph = new StateGraph(State)
    .addNode("work", async (_state, config) => {
      begun += 1;
      await expect.poll(() => asked.length, { interval: 5 }).toBe(1);
      isFailing = true;
      config.writer?.("begun");
      await free;
      return { notes: ["worked"] };
    })
    .addEdge(START, "work")
    .addEdge("work", END);
  const server = createServer({ graphs: { gate: graph }, store, leaseMs: 60, report: () => {} });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: "gate", input: { notes: [] } },
  });
  await expect.poll(() => begun, { interval: 5 }).toBe(2);
  reply({ lost: asked, cancelled: [] });
  letGo();
  await waitForStatus(url, threadId, "idle");
  expect(await notesOf(url, threadId)).toEqual(["worked"]);
  await stop();
});

test("a run whose graph is gone can still be cancelled", async () => {
  await using directory = await temporaryDirectory();
  const hanging = new StateGraph(State)
    .addNode("work", () => new Promise<{ notes: string[] }>(() => {}))
    .addEdge(START, "work")
    .addEdge("work", END);
  const first = await serve({ graphs: { gone: hanging }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await sendCommand(first.url, threadId, {
    method: "run.start",
    params: { assistant_id: "gone", input: { notes: [] } },
  });
  await waitForStatus(first.url, threadId, "busy");
  await first.server.close({ graceMs: 0 });
  await first.stop();
  await using second = await serve({ graphs: { gate: createGateGraph() }, directory: directory.path });
  const [run] = await getJson<{ run_id: string; status: string }[]>(`${second.url}/threads/${threadId}/runs`);
  expect(run?.status).toBe("running");
  await fetch(`${second.url}/threads/${threadId}/runs/${run?.run_id}/cancel`, { method: "POST" });
  await waitForStatus(second.url, threadId, "idle");
  const last = (await readEvents(second.url, threadId)).at(-1);
  expect(last?.params.data).toMatchObject({ event: "interrupted", reason: "cancelled" });
});

test("the answer of nobody keeps the config and the context of the run that asked", async () => {
  await using directory = await temporaryDirectory();
  let now = Date.now();
  const seen: unknown[] = [];
  const graph = new StateGraph(State)
    .addNode("gate", (_state, config) => {
      const options = {
        expiresAt: new Date(now + 60_000),
        onExpiry: { type: "answer", value: "no" },
      } as const;
      const notes = [String(ask("May I?", options))];
      seen.push(config.configurable?.tenant);
      return { notes };
    })
    .addEdge(START, "gate")
    .addEdge("gate", END);
  await using server = await serve({ graphs: { gate: graph }, now: () => now, directory: directory.path });
  const threadId = crypto.randomUUID();
  const config = { configurable: { tenant: "acme" } };
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "gate", input: { notes: [] }, config },
  });
  await waitForStatus(server.url, threadId, "interrupted");
  now += 60_001;
  await waitForStatus(server.url, threadId, "idle");
  expect(seen).toEqual(["acme"]);
});

test("a fork that is rolled back leaves the thread where it stood", async () => {
  await using directory = await temporaryDirectory();
  let isSlow = false;
  const graph = new StateGraph(State)
    .addNode("work", async ({ notes }, config) => {
      if (isSlow)
        await new Promise((_resolve, reject) => {
          config.signal?.addEventListener("abort", () => reject(new Error("stopped")));
        });
      return { notes: [`after ${notes.length}`] };
    })
    .addEdge(START, "work")
    .addEdge("work", END);
  await using server = await serve({ graphs: { gate: graph }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const start = (note: string, checkpoint_id?: string) =>
    sendCommand(url, threadId, {
      method: "run.start",
      params: {
        assistant_id: "gate",
        input: { notes: [note] },
        ...(checkpoint_id ? { config: { configurable: { checkpoint_id } } } : {}),
      },
    });
  for (const note of ["one", "two"]) {
    await start(note);
    await waitForStatus(url, threadId, "idle");
  }
  const { checkpoints } = (await sendCommand(url, threadId, { method: "state.listCheckpoints" })).result as {
    checkpoints: { id: string; step: number }[];
  };
  const before = await notesOf(url, threadId);
  isSlow = true;
  const fork = checkpoints.find(({ step }) => step === 1);
  const started = await start("instead", fork?.id);
  await expect.poll(() => notesOf(url, threadId), { interval: 10 }).toContain("instead");
  const path = `${url}/threads/${threadId}/runs/${String(started.result?.run_id)}/cancel?wait=1&action=rollback`;
  expect((await fetch(path, { method: "POST" })).status).toBe(204);
  expect(await notesOf(url, threadId)).toEqual(before);
});
