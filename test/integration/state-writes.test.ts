import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { receipts } from "../../src/effects/index.ts";
import { startApp } from "../support/app.ts";
import { serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import {
  getJson,
  observe,
  openInterrupts,
  readEvents,
  sendCommand,
  waitForStatus,
} from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

function createNotesGraph() {
  return new StateGraph(State)
    .addNode("first", () => ({ notes: ["first"] }))
    .addNode("second", ({ notes }) => ({ notes: [`second of ${notes.length}`] }))
    .addEdge(START, "first")
    .addEdge("first", "second")
    .addEdge("second", END);
}

async function run(url: string, threadId: string, params: Record<string, unknown>): Promise<void> {
  const reply = await sendCommand(url, threadId, {
    method: "run.start",
    params: { assistant_id: "notes", ...params },
  });
  expect(reply).toMatchObject({ type: "success" });
  await waitForStatus(url, threadId, "idle");
}

const notesOf = async (url: string, threadId: string) =>
  (await getJson<{ values: { notes: string[] } }>(`${url}/threads/${threadId}/state`)).values.notes;

test("the state can be written from outside: as a node, and every reader sees it", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { notes: createNotesGraph() }, directory: directory.path });
  const { url } = server;
  const client = new Client({ apiUrl: url, apiKey: null });
  const threadId = crypto.randomUUID();
  await run(url, threadId, { input: { notes: ["start"] } });
  const { checkpoint } = (await client.threads.updateState(threadId, {
    values: { notes: ["from outside"] },
    asNode: "first",
  })) as unknown as { checkpoint: { checkpoint_id: string } };
  const state = await client.threads.getState<{ notes: string[] }>(threadId);
  expect(state.checkpoint.checkpoint_id).toBe(checkpoint.checkpoint_id);
  expect(state.next).toEqual(["second"]);
  expect(state.values.notes).toEqual(["start", "first", "second of 2", "from outside"]);
  const values = (await readEvents(url, threadId)).filter(({ method }) => method === "values");
  expect(values.at(-1)?.params.data).toEqual(state.values);
  await run(url, threadId, { input: null });
  expect(await notesOf(url, threadId)).toEqual([...state.values.notes, "second of 4"]);
});

test("a write that the graph refuses, or from a checkpoint that is not there, changes nothing", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { notes: createNotesGraph() }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await run(server.url, threadId, { input: { notes: ["start"] } });
  const before = await observe(server.url, threadId);
  const post = (body: object) =>
    fetch(`${server.url}/threads/${threadId}/state`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  expect((await post({ values: { notes: ["x"] }, as_node: "nowhere" })).status).toBe(400);
  expect((await post({ values: { notes: ["x"] }, checkpoint_id: crypto.randomUUID() })).status).toBe(404);
  expect(await observe(server.url, threadId)).toEqual(before);
});

test("a run can start from an earlier checkpoint; what came after it is history", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { notes: createNotesGraph() }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  await run(url, threadId, { input: { notes: ["start"] } });
  await run(url, threadId, { input: { notes: ["again"] } });
  const client = new Client({ apiUrl: url, apiKey: null });
  const history = await client.threads.getHistory<{ notes: string[] }>(threadId, { limit: 100 });
  const fork = history.find(({ values, next }) => next.length === 0 && values.notes.length === 3);
  const config = { configurable: { checkpoint_id: fork?.checkpoint.checkpoint_id } };
  await run(url, threadId, { input: { notes: ["instead"] }, config });
  expect(await notesOf(url, threadId)).toEqual([
    "start",
    "first",
    "second of 2",
    "instead",
    "first",
    "second of 5",
  ]);
  expect(await client.threads.getHistory(threadId, { limit: 100 })).toHaveLength(history.length + 4);
  const nowhere = await sendCommand(url, threadId, {
    method: "run.start",
    params: {
      assistant_id: "notes",
      input: { notes: [] },
      config: { configurable: { checkpoint_id: crypto.randomUUID() } },
    },
  });
  expect(nowhere).toMatchObject({ type: "error", error: "no_such_checkpoint" });
});

test("an answer may come with an update of the state and a goto", async () => {
  await using directory = await temporaryDirectory();
  const sent: unknown[] = [];
  await using server = await serve({
    graphs: { ask: createAskGraph((answer) => sent.push(answer)) },
    directory: directory.path,
  });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content: "hello" }] };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  const reply = await sendCommand(url, threadId, {
    method: "input.respond",
    params: {
      interrupt_id: question?.id,
      response: { send: true },
      update: { messages: [{ role: "user", content: "and quickly" }] },
    },
  });
  expect(reply).toMatchObject({ type: "success" });
  await waitForStatus(url, threadId, "idle");
  const { values } = await getJson<{ values: { messages: { content: string }[] } }>(
    `${url}/threads/${threadId}/state`,
  );
  expect(values.messages.map(({ content }) => content)).toContain("and quickly");
  expect(sent).toHaveLength(1);
});

test("an update of a thread that waits for an answer puts the question away when it is not asked any more", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content: "hello" }] };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  await waitForStatus(url, threadId, "interrupted");
  const client = new Client({ apiUrl: url, apiKey: null });
  // What Agent Inbox sends to put an interrupt away.
  await client.threads.updateState(threadId, { values: null as never, asNode: "__end__" });
  const thread = await waitForStatus(url, threadId, "idle");
  expect(openInterrupts(thread)).toEqual([]);
});

/** Asks, and then says how many answers are on record. */
function createCountingGraph() {
  return new StateGraph(State)
    .addNode("gate", () => ({ notes: [String(interrupt({ go: true }))] }))
    .addNode("count", async (_state, config) => ({
      notes: [`${(await receipts(config))?.length} receipts`],
    }))
    .addEdge(START, "gate")
    .addEdge("gate", "count")
    .addEdge("count", END);
}

test.each(storeKinds)(
  "%s: a write of the state voids the approvals before it, by their order and not by the clock",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    // All of it happens in one ms, or on machines whose clocks differ by more than it takes.
    const now = () => 1_700_000_000_000;
    await using server = await serveAt(place, { graphs: { notes: createCountingGraph() }, now });
    const { url } = server;
    const threadId = crypto.randomUUID();
    const params = { assistant_id: "notes", input: { notes: [] } };
    await sendCommand(url, threadId, { method: "run.start", params });
    const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
    const post = (path: string, body: object) =>
      fetch(`${url}/threads/${threadId}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const goto = { assistant_id: "notes", command: { goto: "count" }, multitask_strategy: "reject" };
    expect((await post("/runs", goto)).status).toBe(409);
    await sendCommand(url, threadId, {
      method: "input.respond",
      params: { interrupt_id: question?.id, response: "yes" },
    });
    await waitForStatus(url, threadId, "idle");
    expect(await notesOf(url, threadId)).toEqual(["yes", "1 receipts"]);
    expect((await post("/state", { values: { notes: ["no"] }, as_node: "gate" })).status).toBe(200);
    await run(url, threadId, { input: null });
    expect(await notesOf(url, threadId)).toEqual(["yes", "1 receipts", "no", "0 receipts"]);
  },
);

test("a plan that was approved before the state was written does not run again", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  const { url } = app;
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content: "Write hello into hello.txt" }] };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  const { digest } = (question?.value.plan ?? {}) as { digest?: string };
  const params = { interrupt_id: question?.id, response: { type: "approve", digest } };
  await sendCommand(url, threadId, { method: "input.respond", params });
  await waitForStatus(url, threadId, "idle");
  const file = join(app.workspace, "hello.txt");
  expect(readFileSync(file, "utf8")).toContain("hello");
  rmSync(file);
  writeFileSync(join(app.workspace, "mark.txt"), "");

  const client = new Client({ apiUrl: url, apiKey: null });
  await client.threads.updateState(threadId, { values: { steps: null }, asNode: "human_decision" });
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "agent", input: null } });
  const thread = await waitForStatus(url, threadId, "error");
  expect(thread.error?.message).toMatch(/Nobody approved/);
  expect(existsSync(file)).toBe(false);
});
