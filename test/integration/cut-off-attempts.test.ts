import { Annotation, END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openEvents, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

/** What the next process makes of attempts that were cut off. */

const State = Annotation.Root({ notes: Annotation<string[]>() });

test("a run that takes its process down again and again is given up in words, and its node is not run once more", async () => {
  await using directory = await temporaryDirectory();
  let begun = 0;
  const graph = new StateGraph(State)
    .addNode("work", () => {
      begun += 1;
      return { notes: ["worked"] };
    })
    .addEdge(START, "work")
    .addEdge("work", END);
  const threadId = crypto.randomUUID();
  const file = `${directory.path}/test.db`;
  const store = sqlite(file);
  // Processes that die as soon as they have begun: what they leave is a lease that runs out.
  await store.open();
  const event = {
    runId: "r",
    method: "lifecycle" as const,
    namespace: [],
    at: 1,
    data: '{"event":"running"}',
  };
  const claim = (owner: string) => ({ owner, leaseMs: -1, runTimeoutMs: 60_000 });
  await store.runs.accept({
    threadId,
    createThread: { owner: null, metadata: { graph_id: "graph" } },
    actor: { id: "ana", verified: true },
    whenOpen: "refuse",
    whenBusy: "reject",
    claim: claim("process 1"),
    running: event,
    requested: () => event,
    superseded: () => event,
    run: {
      ...{ runId: "r", graphId: "graph", graphVersion: "v", assistantId: "graph", kind: "input" },
      ...{ kwargs: { input: { notes: [] } }, metadata: {}, multitaskStrategy: "enqueue", createdAt: 1 },
    },
  });
  for (let process = 2; process <= 10; process += 1) {
    const taken = await store.runs.claim(
      { ...claim(`process ${process}`), graphIds: ["graph"] },
      () => event,
    );
    expect(taken?.run.attempt).toBe(process);
  }
  await store.close();

  await using server = await serve({ graphs: { graph }, directory: directory.path, report: () => {} });
  const thread = await waitForStatus(server.url, threadId, "error");
  expect(thread.error?.message).toMatch(/Gave up after 10 attempts/);
  expect(begun).toBe(0);
  const last = (await readEvents(server.url, threadId)).at(-1);
  expect(last?.params.data).toMatchObject({ event: "failed", error: expect.stringMatching(/Gave up/) });
  // The thread is not lost with it.
  const params = { assistant_id: "graph", input: { notes: [] } };
  await sendCommand(server.url, threadId, { method: "run.start", params });
  await waitForStatus(server.url, threadId, "idle");
  expect(begun).toBe(1);
});

test("a message that was cut off is said again under its id, and takes the place of what there was of it", async () => {
  await using directory = await temporaryDirectory();
  const createGraph = (text: string, pause: (chunk: number) => Promise<void> | undefined) => {
    const model = new ScriptedModel({ script: () => ({ text }), pause });
    return new StateGraph(MessagesAnnotation)
      .addNode("talk", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addEdge(START, "talk")
      .addEdge("talk", END);
  };
  const store = sqlite(`${directory.path}/test.db`);
  const stuck = createGraph("half of it", (chunk) => (chunk > 0 ? new Promise(() => {}) : undefined));
  const first = createServer({ graphs: { graph: stuck }, store, report: () => {} });
  const { url } = await listen(first, { port: 0, host: "127.0.0.1" });
  const threadId = crypto.randomUUID();
  await using stream = openEvents(url, threadId, { channels: ["messages"] });
  const input = { messages: [{ role: "user", content: "Say it." }] };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "graph", input } });
  let cutOff: unknown;
  for await (const { params } of stream.events) {
    if (params.data.event === "message-start") cutOff = params.data.id;
    if (params.data.event === "content-block-delta") break;
  }
  expect(cutOff).toBeDefined();
  // As a killed process leaves it: no last word, and a lease that is still held.
  await store.close();

  await using server = await serve({
    graphs: { graph: createGraph("all of it", () => undefined) },
    directory: directory.path,
    report: () => {},
  });
  await waitForStatus(server.url, threadId, "idle");
  const messages = (await readEvents(server.url, threadId)).filter(({ method }) => method === "messages");
  const said = messages.map(({ params }) => params.data);
  expect(said.filter(({ event }) => event === "message-start").map(({ id }) => id)).toEqual([cutOff]);
  const state = await getJson<{ values: { messages: { id: string; content: string }[] } }>(
    `${server.url}/threads/${threadId}/state`,
  );
  expect(state.values.messages.at(-1)).toMatchObject({ id: cutOff, content: "all of it" });
  expect(JSON.stringify(said)).not.toContain("half");
});
