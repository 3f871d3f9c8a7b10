import { START, StateGraph } from "@langchain/langgraph";
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
import { waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

/** Runs until it is told to stop. */
function createEndlessGraph() {
  return new StateGraph(z.object({ n: z.number() }))
    .addNode("wait", (_state, { signal }) => {
      return new Promise<{ n: number }>((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new Error("stopped")));
      });
    })
    .addEdge(START, "wait");
}

const sum = new StateGraph(z.object({ a: z.number() }))
  .addNode("add", ({ a }) => ({ a: a + 1 }))
  .addEdge(START, "add");

const graphs = { ask: createAskGraph(), endless: createEndlessGraph(), sum };

test.each(storeKinds)(
  "%s: a run with after_seconds waits for its time, in nobody's way, also over a restart",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    let now = Date.now();
    const options = { graphs, now: () => now };
    const { threadId, runId } = await (async () => {
      await using server = await serveAt(place, options);
      const client = clientOf(server.url);
      const { thread_id: id } = await client.threads.create();
      const run = await client.runs.create(id, "sum", { input: { a: 100 }, afterSeconds: 60 });
      expect(await client.runs.wait(id, "sum", { input: { a: 1 } })).toEqual({ a: 2 });
      expect(await client.runs.get(id, run.run_id)).toMatchObject({ status: "pending" });
      return { threadId: id, runId: run.run_id };
    })();
    await using server = await serveAt(place, options);
    const client = clientOf(server.url);
    expect(await client.runs.wait(threadId, "sum", { input: { a: 2 } })).toEqual({ a: 3 });
    expect(await client.runs.get(threadId, runId)).toMatchObject({ status: "pending" });
    now += 60_000;
    expect(await client.runs.join(threadId, runId)).toEqual({ a: 101 });
  },
);

test("the thread of a stateless run that starts later stays until that has ended, and goes then", async () => {
  await using place = await temporaryPlace("sqlite");
  let now = Date.now();
  await using server = await serveAt(place, { graphs, now: () => now });
  const client = clientOf(server.url);
  const later = { input: { a: 1 }, afterSeconds: 600 };
  const run = await client.runs.create(null as never, "sum", later);
  const kept = await client.runs.create(null as never, "sum", { input: { a: 1 }, onCompletion: "continue" });
  now += 300_000;
  await client.runs.wait(null, "sum", { input: { a: 1 } });
  const status = async () => (await fetch(`${server.url}/threads/${run.thread_id}`)).status;
  expect(await status()).toBe(200);
  now += 300_000;
  expect(await client.runs.join(run.thread_id, run.run_id)).toEqual({ a: 2 });
  now += 60_000;
  await expect.poll(status, { timeout: 10_000, interval: 20 }).toBe(404);
  expect((await client.threads.get(kept.thread_id)).status).toBe("idle");
});

test.each(storeKinds)("%s: many runs are cancelled at once: by id, by thread, by status", async (kind) => {
  await using place = await temporaryPlace(kind);
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const start = async () => {
    const { thread_id: threadId } = await client.threads.create();
    const first = await client.runs.create(threadId, "endless", { input: { n: 1 } });
    const second = await client.runs.create(threadId, "sum", {
      input: { a: 1 },
      multitaskStrategy: "enqueue",
    });
    return { threadId, ids: [first.run_id, second.run_id] };
  };
  const statuses = async ({ threadId }: { threadId: string }) =>
    (await client.runs.list(threadId)).map(({ status }) => status).toReversed();
  const [a, b, c] = [await start(), await start(), await start()];
  await client.runs.cancelMany({ threadId: a.threadId, runIds: [a.ids[1] ?? ""] });
  expect(await statuses(a)).toEqual(["running", "interrupted"]);
  await client.runs.cancelMany({ status: "pending" });
  expect(await statuses(b)).toEqual(["running", "interrupted"]);
  await client.runs.cancelMany({ threadId: b.threadId, status: "all" });
  await waitForStatus(server.url, b.threadId, "idle");
  expect(await statuses(c)).toEqual(["running", "interrupted"]);
  await client.runs.cancelMany({ status: "running" });
  for (const one of [a, b, c]) {
    await waitForStatus(server.url, one.threadId, "idle");
    expect(await statuses(one)).toEqual(["interrupted", "interrupted"]);
  }
  await expect(client.runs.cancelMany({ threadId: a.threadId, runIds: ["none"] })).rejects.toThrow(/404/);
  await expect(client.runs.cancelMany({ threadId: a.threadId })).rejects.toThrow(/400/);
});

test.each(storeKinds)("%s: another's runs are not cancelled, nor deleted", async (kind) => {
  await using place = await temporaryPlace(kind);
  await using server = await serveAt(place, { graphs, authenticate: byApiKey });
  const [ana, ben] = [clientOf(server.url, { user: "ana" }), clientOf(server.url, { user: "ben" })];
  const { thread_id: threadId } = await ana.threads.create();
  const { run_id: runId } = await ana.runs.create(threadId, "endless", { input: { n: 1 } });
  await ben.runs.cancelMany({ status: "all" });
  await ben.runs.cancelMany({ runIds: [runId] });
  await expect(ben.runs.cancelMany({ threadId, runIds: [runId] })).rejects.toThrow(/404/);
  await expect(ben.runs.delete(threadId, runId)).rejects.toThrow(/404/);
  expect(await ana.runs.get(threadId, runId)).toMatchObject({ status: "running" });
  await ana.runs.cancelMany({ runIds: [runId] });
  await expect.poll(async () => (await ana.runs.get(threadId, runId)).status).toBe("interrupted");
});

test.each(sdkVersions)(
  "SDK %s: a run that has ended can be deleted; its question stays and is answered",
  async (version) => {
    await using place = await temporaryPlace("sqlite");
    await using server = await serveAt(place, { graphs });
    const client = clientOf(server.url, { version });
    const { thread_id: threadId } = await client.threads.create();
    const { run_id: runId } = await client.runs.create(threadId, "ask", { input });
    await waitForStatus(server.url, threadId, "interrupted");
    await client.runs.delete(threadId, runId);
    await expect(client.runs.get(threadId, runId)).rejects.toThrow(/404/);
    await expect(client.runs.delete(threadId, runId)).rejects.toThrow(/404/);
    expect(await client.runs.list(threadId)).toEqual([]);
    expect((await client.threads.get(threadId)).status).toBe("interrupted");
    const values = await client.runs.wait(threadId, "ask", { command: { resume: { send: true } } });
    expect((values as { messages: { content: string }[] }).messages.at(-1)?.content).toBe("Sent.");
    const endless = await client.runs.create(threadId, "endless", { input: { n: 1 } });
    await expect(client.runs.delete(threadId, endless.run_id)).rejects.toThrow(/409/);
    await client.runs.cancel(threadId, endless.run_id, true);
  },
);

test("feedback keys are taken, and answered with no address to leave it at", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const chunks = [];
  for await (const chunk of client.runs.stream(null, "sum", { input: { a: 1 }, feedbackKeys: ["score"] })) {
    chunks.push(chunk);
  }
  expect(chunks.find(({ event }) => event === "feedback")?.data).toEqual({});
});

test("a batch is started whole or not at all, and a run without a thread that is refused leaves no thread", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const client = clientOf(server.url);
  const post = (path: string, body: unknown) =>
    fetch(server.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const good = { assistant_id: "ask", input };
  const bad: [object, number][] = [
    [{ ...good, assistant_id: "nobody" }, 404],
    [{ ...good, webhook: "http://10.0.0.1/" }, 400],
    [{ ...good, checkpoint_id: "nowhere" }, 404],
    [{ assistant_id: "ask", command: { resume: "yes" } }, 409],
  ];
  for (const [body, status] of bad) {
    expect((await post("/runs", body)).status).toBe(status);
    expect((await post("/runs/batch", [good, body])).status).toBe(status);
  }
  expect(await client.threads.count()).toBe(0);
  expect((await post("/runs/batch", [good, good])).status).toBe(200);
  expect(await client.threads.count()).toBe(2);
});

test("an idempotency key gets the first run also where each run has a thread of its own", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs });
  const start = async (key: string, path = "/runs", body: unknown = { assistant_id: "ask", input }) => {
    const response = await fetch(server.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(body),
    });
    const runs = [await response.json()].flat() as { run_id: string }[];
    return runs.map(({ run_id }) => run_id);
  };
  const first = await start("one");
  expect(await start("one")).toEqual(first);
  expect(await start("two")).not.toEqual(first);
  const both = [
    { assistant_id: "ask", input },
    { assistant_id: "ask", input },
  ];
  const batch = await start("three", "/runs/batch", both);
  expect(new Set(batch).size).toBe(2);
  expect(await start("three", "/runs/batch", both)).toEqual(batch);
  expect(await clientOf(server.url).threads.count()).toBe(4);
});
