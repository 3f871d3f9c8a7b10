import { ToolMessage } from "@langchain/core/messages";
import {
  Annotation,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createEngine } from "../../src/core/graph.ts";
import { CountersignError } from "../../src/protocol/errors.ts";
import { readLog } from "../../src/testing/index.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  said: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

test("a run is cancelled while one of two tasks is through: the stream ends with what the state says", async () => {
  let begun = () => {};
  const isSlow = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const graph = new StateGraph(State)
    .addNode("fast", () => ({ said: ["fast"] }))
    .addNode("slow", async (_state, config) => {
      begun();
      await new Promise((_resolve, reject) => {
        config.signal?.addEventListener("abort", () => reject(new Error("stopped")));
      });
      return {};
    })
    .addConditionalEdges(START, () => [new Send("fast", {}), new Send("slow", {})], ["fast", "slow"])
    .addEdge("fast", END)
    .addEdge("slow", END);
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { both: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "both", input: { said: ["start"] } };
  const { result } = await sendCommand(server.url, threadId, { method: "run.start", params });
  await isSlow;
  const updates = async () =>
    (await readLog(server.url, threadId)).filter(({ method, params }) => {
      return method === "updates" && params.node === "fast";
    }).length;
  await expect.poll(updates).toBe(1);
  await fetch(`${server.url}/threads/${threadId}/runs/${result?.run_id}/cancel?wait=1`, { method: "POST" });
  await waitForStatus(server.url, threadId, "idle");

  const { values } = await getJson<{ values: unknown }>(`${server.url}/threads/${threadId}/state`);
  const told = (await readLog(server.url, threadId)).filter(({ method }) => method === "values");
  expect(values).toEqual({ said: ["start", "fast"] });
  expect(told.at(-1)?.params.data).toEqual(values);
});

test("messages without ids, of a task that is through while another asks, have one id each, which stays", async () => {
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("fast", () => ({ messages: [new ToolMessage({ content: "found", tool_call_id: "call" })] }))
    .addNode("slow", () => ({ messages: [{ role: "ai", content: interrupt("May I?"), id: "answer" }] }))
    .addEdge(START, "fast")
    .addEdge(START, "slow")
    .addEdge("fast", END)
    .addEdge("slow", END);
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { both: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const input = { messages: ["go", { role: "user", content: "on" }] };
  await sendCommand(server.url, threadId, {
    method: "run.start",
    params: { assistant_id: "both", input },
  });
  await waitForStatus(server.url, threadId, "interrupted");

  type Values = { values: { messages: { id: string; content: string }[] } };
  const shown = async (path: string) =>
    (await getJson<Values>(`${server.url}/threads/${threadId}${path}`)).values;
  const asked = await shown("");
  expect(asked.messages.map(({ content }) => content)).toEqual(["go", "on", "found"]);
  for (const { id } of asked.messages) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await shown("/state")).toEqual(asked);
  expect(await shown("")).toEqual(asked);
  const told = (await readLog(server.url, threadId)).filter(({ method }) => method === "values");
  expect(told.at(-1)?.params.data).toEqual(asked);

  const [question] = openInterrupts(await getJson(`${server.url}/threads/${threadId}`));
  await sendCommand(server.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: question?.id, response: "yes" },
  });
  await waitForStatus(server.url, threadId, "idle");
  expect((await shown("")).messages.slice(0, 3)).toEqual(asked.messages);
});

test.each([
  ["no message", { nonsense: true }],
  ["of nobody", { role: "emperor", content: "Go." }],
  ["nothing", null],
])(
  "an input that its channel refuses, %s, fails its run; the state is what it was, and the thread goes on",
  async (_name, message) => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("say", ({ messages }) => ({
        messages: [{ role: "ai", content: `${messages.length}`, id: "said" }],
      }))
      .addEdge(START, "say")
      .addEdge("say", END);
    const told: string[] = [];
    await using directory = await temporaryDirectory();
    await using server = await serve({
      graphs: { say: graph },
      directory: directory.path,
      report: (error) => told.push(String(error)),
    });
    const threadId = crypto.randomUUID();
    const start = async (messages: unknown, status: string) => {
      const params = { assistant_id: "say", input: { messages } };
      await sendCommand(server.url, threadId, { method: "run.start", params });
      await waitForStatus(server.url, threadId, status);
    };
    const said = async () => {
      const { values } = await getJson<{ values: { messages?: { content: string }[] } }>(
        `${server.url}/threads/${threadId}/state`,
      );
      return values.messages?.map(({ content }) => content) ?? [];
    };
    await start([message], "error");
    expect(await said()).toEqual([]);
    await start(["Go."], "idle");
    expect(await said()).toEqual(["Go.", "1"]);
    await start([message], "error");
    expect(await said()).toEqual(["Go.", "1"]);
    const ends = (await readLog(server.url, threadId)).filter(
      ({ method, params }) => method === "lifecycle" && params.data.event === "failed",
    );
    expect(ends.map(({ params }) => params.data.error)).toEqual([expect.any(String), expect.any(String)]);
    expect(told).toEqual([]);
  },
);

test("a store that fails while the state is read is no reducer that refuses: nothing less is shown for the state", async () => {
  const failure = new CountersignError("store_unavailable", "The store is away. Try again.");
  const saver = new MemorySaver();
  const graph = new StateGraph(State)
    .addNode("say", () => ({ said: ["said"] }))
    .addEdge(START, "say")
    .addEdge("say", END);
  const engine = createEngine("say", graph);
  await graph.compile({ checkpointer: saver }).invoke({ said: [] }, { configurable: { thread_id: "t" } });
  const { getTuple } = MemorySaver.prototype;
  let reads = 0;
  saver.getTuple = async (config) => {
    reads += 1;
    if (reads === 1) throw failure;
    return getTuple.call(saver, config);
  };
  await expect(engine.snapshot(saver, { threadId: "t" })).rejects.toBe(failure);
  expect((await engine.snapshot(saver, { threadId: "t" })).values).toEqual({ said: ["said"] });
});
