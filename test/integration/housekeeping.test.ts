import { Annotation, END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openInterrupts, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { createNestedGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

function createCountingGraph() {
  const State = Annotation.Root({
    notes: Annotation<{ text: string }[]>({
      reducer: (before, after) => [...before, ...after],
      default: () => [],
    }),
  });
  return new StateGraph(State)
    .addNode("note", ({ notes }) => ({ notes: [{ text: `note ${notes.length}` }] }))
    .addEdge(START, "note")
    .addEdge("note", END);
}

async function runOnce(url: string, threadId: string, input: unknown = { notes: [] }): Promise<void> {
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "graph", input } });
  await waitForStatus(url, threadId, "idle");
}

interface State {
  values: { notes: { text: string }[] };
  checkpoint: { checkpoint_id: string };
}

async function history(url: string, threadId: string): Promise<State[]> {
  const response = await fetch(`${url}/threads/${threadId}/history`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ limit: 1000 }),
  });
  return (await response.json()) as State[];
}

async function prune(url: string, body: object): Promise<Response> {
  return fetch(`${url}/threads/prune`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

test("pruning keeps the newest checkpoints whole, and the thread goes on", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { graph: createCountingGraph() }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  for (let turn = 0; turn < 5; turn += 1) await runOnce(url, threadId);
  const before = await history(url, threadId);
  const response = await prune(url, { thread_ids: [threadId], strategy: "keep_latest", keep: 2 });
  expect(await response.json()).toEqual({ pruned_count: 1 });
  expect(await history(url, threadId)).toEqual(before.slice(0, 2));
  await runOnce(url, threadId);
  const texts = (await history(url, threadId))[0]?.values.notes.map(({ text }) => text);
  expect(texts).toEqual(["note 0", "note 1", "note 2", "note 3", "note 4", "note 5"]);
});

test("an open question outlives pruning, also one of a subgraph", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { graph: createNestedGraph() }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: "graph", input: { notes: ["start"] } },
  });
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  await prune(url, { thread_ids: [threadId], strategy: "keep_latest" });
  const params = { interrupt_id: question?.id, response: "yes" };
  expect(await sendCommand(url, threadId, { method: "input.respond", params })).toMatchObject({
    type: "success",
  });
  await waitForStatus(url, threadId, "idle");
  const state = await getJson<{ values: { notes: string[] } }>(`${url}/threads/${threadId}/state`);
  expect(state.values.notes).toEqual(["start", "start", "prepared", 'answered "yes"', "after"]);
});

test("pruning with strategy delete removes threads, and another's or an unknown one changes nothing", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { graph: createCountingGraph() }, directory: directory.path });
  const { url } = server;
  const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
  await runOnce(url, first);
  await runOnce(url, second);
  expect((await prune(url, { thread_ids: [first, crypto.randomUUID()], strategy: "delete" })).status).toBe(
    404,
  );
  expect((await fetch(`${url}/threads/${first}`)).status).toBe(200);
  expect((await prune(url, { thread_ids: [first], strategy: "delete" })).status).toBe(200);
  expect((await fetch(`${url}/threads/${first}`)).status).toBe(404);
  expect((await fetch(`${url}/threads/${second}`)).status).toBe(200);
});

test("with a retention, a thread keeps no more than twice that many checkpoints", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { graph: createCountingGraph() },
    retention: { checkpoints: 3 },
    directory: directory.path,
  });
  const threadId = crypto.randomUUID();
  for (let turn = 0; turn < 8; turn += 1) await runOnce(server.url, threadId);
  await expect
    .poll(async () => (await history(server.url, threadId)).length, { interval: 10 })
    .toBeLessThanOrEqual(6);
  const [newest] = await history(server.url, threadId);
  expect(newest?.values.notes).toHaveLength(8);
});

test("what must not be shown is in no event, no state and no reply; the graph still has it", async () => {
  await using directory = await temporaryDirectory();
  const secret = "sk-0123456789abcdef";
  let inGraph = "";
  const model = new ScriptedModel({ script: () => ({ text: `The key is ${secret}.` }) });
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("talk", async ({ messages }, config) => {
      config.writer?.({ name: "progress", payload: secret });
      return { messages: [await model.invoke(messages)] };
    })
    .addNode("gate", ({ messages }) => {
      inGraph = messages.at(-1)?.text ?? "";
      interrupt({ use: secret });
      return {};
    })
    .addEdge(START, "talk")
    .addEdge("talk", "gate")
    .addEdge("gate", END);
  await using server = await serve({
    graphs: { graph },
    redact: [{ pattern: /sk-[0-9a-f]{16}/g }],
    directory: directory.path,
  });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content: `Mine is ${secret}` }] };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "graph", input } });
  const thread = await waitForStatus(url, threadId, "interrupted");
  const shown = [
    thread,
    await readEvents(url, threadId),
    await getJson(`${url}/threads/${threadId}/state`),
    await history(url, threadId),
    await getJson(`${url}/threads/${threadId}/runs`),
    await sendCommand(url, threadId, { method: "state.get", params: { namespace: [] } }),
  ];
  for (const one of shown) {
    expect(JSON.stringify(one)).toContain("[redacted]");
    expect(JSON.stringify(one)).not.toContain(secret);
  }
  expect(inGraph).toContain(secret);
});
