import { Annotation, END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { effect } from "../../src/effects/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { getJson, openEvents, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const State = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Notes what it was told, then works until it is let go or stopped. */
function createSlowGraph() {
  const seen = { started: 0, aborted: 0, letGo: () => {} };
  const free = new Promise<void>((resolve) => {
    seen.letGo = resolve;
  });
  const graph = new StateGraph(State)
    .addNode("note", () => ({ notes: ["noted"] }))
    .addNode("work", async (_state, config) => {
      const result = await effect(config, { key: "work", about: { title: "Work" } }, async ({ signal }) => {
        seen.started += 1;
        const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        await Promise.race([free, stopped]);
        if (!signal.aborted) return "worked";
        seen.aborted += 1;
        throw new DOMException("stopped", "AbortError");
      });
      return { notes: [result] };
    })
    .addEdge(START, "note")
    .addEdge("note", "work")
    .addEdge("work", END);
  return { graph, seen };
}

async function startOn(url: string, threadId: string, note: string, more: object = {}) {
  const params = { assistant_id: "slow", input: { notes: [note] }, ...more };
  return sendCommand(url, threadId, { method: "run.start", params });
}

async function runsOf(url: string, threadId: string): Promise<{ run_id: string; status: string }[]> {
  return getJson(`${url}/threads/${threadId}/runs`);
}

const notesOf = async (url: string, threadId: string) =>
  (await getJson<{ values: { notes: string[] } }>(`${url}/threads/${threadId}/state`)).values.notes;

test("cancel reaches the tool through its signal, and says when it is done", async () => {
  await using directory = await temporaryDirectory();
  const { graph, seen } = createSlowGraph();
  await using server = await serve({ graphs: { slow: graph }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  await startOn(url, threadId, "first");
  await expect.poll(() => seen.started, { interval: 10 }).toBe(1);
  const [run] = await runsOf(url, threadId);
  const cancelled = await fetch(`${url}/threads/${threadId}/runs/${run?.run_id}/cancel?wait=1`, {
    method: "POST",
  });
  expect(cancelled.status).toBe(204);
  expect(seen.aborted).toBe(1);
  expect((await runsOf(url, threadId))[0]?.status).toBe("interrupted");
  const last = (await readEvents(url, threadId)).at(-1);
  expect(last?.params.data).toMatchObject({ event: "interrupted", reason: "cancelled" });
});

test("rollback takes the state back to before the run, shows it, and lists what was done outside", async () => {
  await using directory = await temporaryDirectory();
  const { graph, seen } = createSlowGraph();
  await using server = await serve({ graphs: { slow: graph }, directory: directory.path });
  const { url } = server;
  const threadId = crypto.randomUUID();
  seen.letGo();
  await startOn(url, threadId, "first");
  await waitForStatus(url, threadId, "idle");
  const before = await notesOf(url, threadId);
  expect(before).toEqual(["first", "noted", "worked"]);
  await server.stop();

  const slow = createSlowGraph();
  await using second = await serve({ graphs: { slow: slow.graph }, directory: directory.path });
  await startOn(second.url, threadId, "second");
  await expect.poll(() => slow.seen.started, { interval: 10 }).toBe(1);
  expect(await notesOf(second.url, threadId)).toEqual([...before, "second", "noted"]);
  const [run] = await runsOf(second.url, threadId);
  const path = `${second.url}/threads/${threadId}/runs/${run?.run_id}/cancel`;
  expect((await fetch(`${path}?wait=1&action=rollback`, { method: "POST" })).status).toBe(204);
  expect(await notesOf(second.url, threadId)).toEqual(before);
  const events = await readEvents(second.url, threadId);
  const values = events.filter(({ method, params }) => method === "values" && params.namespace.length === 0);
  expect(values.at(-1)?.params.data).toEqual({ notes: before });
  expect(events.at(-1)?.params.data).toMatchObject({
    event: "interrupted",
    reason: "rolled_back",
    effects: [{ about: { title: "Work" }, status: "in_doubt" }],
  });
  const steps = (await getJson<{ metadata: { step: number } }>(`${second.url}/threads/${threadId}/state`))
    .metadata;
  expect(steps.step).toBeGreaterThan(3);
  slow.seen.letGo();
  await startOn(second.url, threadId, "third");
  await waitForStatus(second.url, threadId, "idle");
  expect(await notesOf(second.url, threadId)).toEqual([...before, "third", "noted", "worked"]);
});

test("a thread's first run that is rolled back leaves it empty", async () => {
  await using directory = await temporaryDirectory();
  const { graph, seen } = createSlowGraph();
  await using server = await serve({ graphs: { slow: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await startOn(server.url, threadId, "first");
  await expect.poll(() => seen.started, { interval: 10 }).toBe(1);
  await startOn(server.url, threadId, "instead", { multitask_strategy: "rollback" });
  await expect.poll(() => seen.started, { interval: 10 }).toBe(2);
  seen.letGo();
  await waitForStatus(server.url, threadId, "idle");
  expect(await notesOf(server.url, threadId)).toEqual(["instead", "noted", "worked"]);
  expect((await runsOf(server.url, threadId)).map(({ status }) => status)).toEqual([
    "success",
    "interrupted",
  ]);
});

test("a run that takes longer than it may is stopped, and ends as timeout", async () => {
  await using directory = await temporaryDirectory();
  const { graph, seen } = createSlowGraph();
  await using server = await serve({ graphs: { slow: graph }, runTimeoutMs: 50, directory: directory.path });
  const threadId = crypto.randomUUID();
  await startOn(server.url, threadId, "first");
  await waitForStatus(server.url, threadId, "error");
  expect(seen.aborted).toBe(1);
  expect(await runsOf(server.url, threadId)).toMatchObject([
    { status: "timeout", error: { message: expect.stringContaining("runTimeoutMs") } },
  ]);
});

test("a server that stops hands its run over, and the next one goes on with it", async () => {
  await using directory = await temporaryDirectory();
  const { graph, seen } = createSlowGraph();
  const first = await serve({ graphs: { slow: graph }, directory: directory.path });
  const threadId = crypto.randomUUID();
  await startOn(first.url, threadId, "first");
  await expect.poll(() => seen.started, { interval: 10 }).toBe(1);
  const stopping = first.server.close({ graceMs: 20 });
  await stopping;
  await first.stop();
  expect(seen.aborted).toBe(1);

  const next = createSlowGraph();
  next.seen.letGo();
  await using second = await serve({ graphs: { slow: next.graph }, directory: directory.path });
  // The work was cut off by the stop: nobody knows how far it got.
  const thread = await waitForStatus(second.url, threadId, "interrupted");
  const [question] = Object.values(thread.interrupts).flat();
  expect(question?.value).toMatchObject({ type: "effect_in_doubt", about: { title: "Work" } });
  const params = { interrupt_id: question?.id, response: { type: "retry" } };
  await sendCommand(second.url, threadId, { method: "input.respond", params });
  await waitForStatus(second.url, threadId, "idle");
  expect(await notesOf(second.url, threadId)).toEqual(["first", "noted", "worked"]);
});

test("a message that an attempt left half said is replaced by the one of the next attempt", async () => {
  await using directory = await temporaryDirectory();
  const words = ["Once ", "upon ", "a ", "time."];
  const createStory = (isCut: boolean) => {
    const model = new ScriptedModel({
      script: async () => ({ text: words.join("") }),
      ...(isCut ? { pause: (index: number) => (index < 2 ? undefined : new Promise<void>(() => {})) } : {}),
    });
    return new StateGraph(MessagesAnnotation)
      .addNode("talk", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addEdge(START, "talk")
      .addEdge("talk", END);
  };
  const first = await serve({ graphs: { slow: createStory(true) }, directory: directory.path });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "slow", input: { messages: [{ role: "user", content: "A story" }] } };
  await sendCommand(first.url, threadId, { method: "run.start", params });
  await using stream = openEvents(first.url, threadId, { channels: ["messages"] });
  for await (const { params: seen } of stream.events) if (seen.data.event === "content-block-delta") break;
  await first.server.close({ graceMs: 0 });
  await first.stop();

  await using second = await serve({ graphs: { slow: createStory(false) }, directory: directory.path });
  await waitForStatus(second.url, threadId, "idle");
  const events = await readEvents(second.url, threadId, { channels: ["messages", "lifecycle"] });
  const starts = events.filter(
    ({ params: { data } }) => data.event === "message-start" && data.role === undefined,
  );
  expect(starts).toHaveLength(1);
  const state = await getJson<{ values: { messages: { id: string; content: string }[] } }>(
    `${second.url}/threads/${threadId}/state`,
  );
  expect(state.values.messages.at(-1)).toMatchObject({
    id: starts[0]?.params.data.id,
    content: words.join(""),
  });
  const running = events.filter(
    ({ method, params: { data } }) => method === "lifecycle" && data.event === "running",
  );
  expect(running.map(({ params: { data } }) => data.attempt)).toEqual([undefined, 2]);
});
