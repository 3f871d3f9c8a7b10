import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createPlanAgent, type StepState } from "../../src/agent/index.ts";
import { effect } from "../../src/effects/index.ts";
import { serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { getJson, openInterrupts, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { createGates, type Gates } from "../support/gates.ts";
import {
  createTools,
  type OpenQuestion,
  type Received,
  scriptedPlanner,
  step,
} from "../support/plan-agent.ts";

const Notes = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Works, and then works on. */
function createTwoSteps(gates: Gates, ran: string[]) {
  const work = (key: string) => async (_state: unknown, config: Parameters<typeof effect>[0]) => {
    const result = await effect(config, { key }, async ({ signal }) => {
      ran.push(key);
      const stopped = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError"))),
      );
      await Promise.race([gates(key).wait(), stopped]);
      return `${key} done`;
    });
    return { notes: [result] };
  };
  return new StateGraph(Notes)
    .addNode("first", work("first"))
    .addNode("second", work("second"))
    .addEdge(START, "first")
    .addEdge("first", "second")
    .addEdge("second", END);
}

interface Run {
  run_id: string;
  status: string;
  stop_after_step?: true;
}

const start = async (url: string, threadId: string, assistantId: string, input: unknown) => {
  const params = { assistant_id: assistantId, input };
  const reply = await sendCommand(url, threadId, { method: "run.start", params });
  expect(reply).toMatchObject({ type: "success" });
  return String(reply.result?.run_id);
};

const getRun = (url: string, threadId: string, runId: string) =>
  getJson<Run>(`${url}/threads/${threadId}/runs/${runId}`);

const cancel = (url: string, threadId: string, runId: string, query = "") =>
  fetch(`${url}/threads/${threadId}/runs/${runId}/cancel${query}`, { method: "POST" });

const waitForRun = (url: string, threadId: string, runId: string, status: string) =>
  expect
    .poll(async () => (await getRun(url, threadId, runId)).status, { timeout: 20_000, interval: 10 })
    .toBe(status);

const stateOf = (url: string, threadId: string) =>
  getJson<{ values: Record<string, never>; next: string[] }>(`${url}/threads/${threadId}/state`);

test.each(storeKinds)(
  "%s: a run that is to stop after its step finishes that, begins nothing, and goes on when it is told to",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const [gates, ran] = [createGates(), [] as string[]];
    await using server = await serveAt(place, { graphs: { two: createTwoSteps(gates, ran) } });
    const { url } = server;
    const threadId = crypto.randomUUID();
    const runId = await start(url, threadId, "two", { notes: [] });
    await gates("first").reached;
    expect(await getRun(url, threadId, runId)).not.toHaveProperty("stop_after_step");
    expect((await cancel(url, threadId, runId, "?after=step")).status).toBe(202);
    expect(await getRun(url, threadId, runId)).toMatchObject({ status: "running", stop_after_step: true });
    gates("first").open();
    gates("second").open();
    await waitForRun(url, threadId, runId, "interrupted");
    expect(await getRun(url, threadId, runId)).not.toHaveProperty("stop_after_step");
    expect(await stateOf(url, threadId)).toMatchObject({
      values: { notes: ["first done"] },
      next: ["second"],
    });
    const events = await readEvents(url, threadId);
    expect(events.at(-1)?.params.data).toMatchObject({ event: "interrupted", reason: "stopped_after_step" });
    expect(events.findLast(({ method }) => method === "values")?.params.data).toEqual({
      notes: ["first done"],
    });

    await start(url, threadId, "two", null);
    await waitForStatus(url, threadId, "idle");
    expect(await stateOf(url, threadId)).toMatchObject({
      values: { notes: ["first done", "second done"] },
      next: [],
    });
    expect(ran).toEqual(["first", "second"]);
  },
);

test.each(storeKinds)(
  "%s: within a wave of the plan agent no further step begins, and none runs twice when the plan goes on",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const gates = createGates();
    const received: Received[] = [];
    const plan = [
      step("fast"),
      step("slow", "note", { after: [] }),
      step("after_fast", "note", { after: ["fast"] }),
      step("after_slow", "note", { after: ["slow"] }),
    ];
    const tools = createTools(received, { behave: ({ text }) => gates(text).wait() });
    const agent = createPlanAgent({ model: scriptedPlanner([plan]), tools });
    await using server = await serveAt(place, { graphs: { agent } });
    const { url } = server;
    const threadId = crypto.randomUUID();
    await start(url, threadId, "agent", { messages: [{ role: "user", content: "Do it" }] });
    const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
    const { digest } = (question as unknown as OpenQuestion).value.plan;
    const params = { interrupt_id: question?.id, response: { type: "approve", digest } };
    const { result } = await sendCommand(url, threadId, { method: "input.respond", params });
    const runId = String(result?.run_id);
    await Promise.all([gates("fast").reached, gates("slow").reached]);
    expect((await cancel(url, threadId, runId, "?after=step")).status).toBe(202);
    gates("after_fast").open();
    gates("after_slow").open();
    gates("fast").open();
    await expect
      .poll(async () => statusesIn(await readEvents(url, threadId, { channels: ["custom"] })))
      .toMatchObject({ fast: "done" });
    gates("slow").open();
    await waitForRun(url, threadId, runId, "interrupted");
    expect(received.map(({ text }) => text).sort()).toEqual(["fast", "slow"]);
    expect(await stepsOf(url, threadId)).toEqual({
      ...{ fast: "done", slow: "done" },
      ...{ after_fast: "waiting", after_slow: "waiting" },
    });

    await start(url, threadId, "agent", null);
    await waitForStatus(url, threadId, "idle");
    expect(new Set(Object.values(await stepsOf(url, threadId)))).toEqual(new Set(["done"]));
    expect(received.map(({ text }) => text).sort()).toEqual(["after_fast", "after_slow", "fast", "slow"]);
  },
);

async function stepsOf(url: string, threadId: string): Promise<Record<string, string>> {
  const { values } = await stateOf(url, threadId);
  const steps = values.steps as unknown as Record<string, StepState>;
  return Object.fromEntries(Object.entries(steps).map(([id, { status }]) => [id, status]));
}

function statusesIn(events: { params: { data: Record<string, unknown> } }[]): Record<string, string> {
  const payloads = events.map(({ params }) => params.data.payload as { step?: string; status?: string });
  return Object.fromEntries(payloads.flatMap(({ step: id, status }) => (id && status ? [[id, status]] : [])));
}

test("a run that another process executes stops after its step, whoever took the request", async () => {
  await using place = await temporaryPlace("postgres");
  const gates = createGates();
  const received: Received[] = [];
  const tools = createTools(received, { behave: ({ text }) => gates(text).wait() });
  const plan = [step("one"), step("two", "note", { after: ["one"] })];
  const serve = () =>
    serveAt(place, { graphs: { agent: createPlanAgent({ model: scriptedPlanner([plan]), tools }) } });
  await using executing = await serve();
  await using other = await serve();
  const threadId = crypto.randomUUID();
  await start(executing.url, threadId, "agent", { messages: [{ role: "user", content: "Do it" }] });
  const [question] = openInterrupts(await waitForStatus(executing.url, threadId, "interrupted"));
  const { digest } = (question as unknown as OpenQuestion).value.plan;
  const params = { interrupt_id: question?.id, response: { type: "approve", digest } };
  const { result } = await sendCommand(executing.url, threadId, { method: "input.respond", params });
  const runId = String(result?.run_id);
  await gates("one").reached;
  gates("two").open();
  expect((await cancel(other.url, threadId, runId, "?after=step")).status).toBe(202);
  expect(await getRun(executing.url, threadId, runId)).toMatchObject({ stop_after_step: true });
  gates("one").open();
  await waitForRun(other.url, threadId, runId, "interrupted");
  expect(received.map(({ text }) => text)).toEqual(["one"]);
  await start(other.url, threadId, "agent", null);
  await waitForStatus(other.url, threadId, "idle");
  expect(received.map(({ text }) => text)).toEqual(["one", "two"]);
});

test("a run that stops at a question anyway simply stops there", async () => {
  await using place = await temporaryPlace("sqlite");
  const gates = createGates();
  const graph = new StateGraph(Notes)
    .addNode("ask", async () => {
      await gates("ask").wait();
      return { notes: [String(interrupt("Go on?"))] };
    })
    .addEdge(START, "ask")
    .addEdge("ask", END);
  await using server = await serveAt(place, { graphs: { asks: graph } });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const runId = await start(url, threadId, "asks", { notes: [] });
  await gates("ask").reached;
  await cancel(url, threadId, runId, "?after=step");
  gates("ask").open();
  await waitForRun(url, threadId, runId, "success");
  const [question] = openInterrupts(await waitForStatus(url, threadId, "interrupted"));
  const params = { interrupt_id: question?.id, response: "yes" };
  await sendCommand(url, threadId, { method: "input.respond", params });
  await waitForStatus(url, threadId, "idle");
  expect(await stateOf(url, threadId)).toMatchObject({ values: { notes: ["yes"] } });
});

test("a plain cancel stops at once what was to stop after its step, and the other way round changes nothing", async () => {
  await using place = await temporaryPlace("sqlite");
  const [gates, ran] = [createGates(), [] as string[]];
  await using server = await serveAt(place, { graphs: { two: createTwoSteps(gates, ran) } });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const runId = await start(url, threadId, "two", { notes: [] });
  await gates("first").reached;
  expect((await cancel(url, threadId, runId, "?after=step&action=rollback")).status).toBe(400);
  await cancel(url, threadId, runId, "?after=step");
  expect((await cancel(url, threadId, runId, "?wait=1")).status).toBe(204);
  expect((await cancel(url, threadId, runId, "?after=step")).status).toBe(202);
  expect(await getRun(url, threadId, runId)).toMatchObject({ status: "interrupted" });
  const events = await readEvents(url, threadId);
  expect(events.at(-1)?.params.data).toMatchObject({ event: "interrupted", reason: "cancelled" });
});

test("a run that waits for its turn ends at once", async () => {
  await using place = await temporaryPlace("sqlite");
  const [gates, ran] = [createGates(), [] as string[]];
  await using server = await serveAt(place, { graphs: { two: createTwoSteps(gates, ran) } });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const first = await start(url, threadId, "two", { notes: [] });
  await gates("first").reached;
  const second = await start(url, threadId, "two", { notes: [] });
  await cancel(url, threadId, second, "?after=step");
  expect(await getRun(url, threadId, second)).toMatchObject({ status: "interrupted" });
  expect(await getRun(url, threadId, first)).toMatchObject({ status: "running" });
  await cancel(url, threadId, first, "?wait=1");
});

test("a graph within a node is finished with the node, which is not begun once more", async () => {
  await using place = await temporaryPlace("sqlite");
  const gates = createGates();
  const ran: string[] = [];
  const inner = new StateGraph(Notes)
    .addNode("one", async () => {
      ran.push("one");
      await gates("one").wait();
      return { notes: ["one"] };
    })
    .addNode("two", () => {
      ran.push("two");
      return { notes: ["two"] };
    })
    .addEdge(START, "one")
    .addEdge("one", "two")
    .addEdge("two", END)
    .compile();
  const graph = new StateGraph(Notes)
    .addNode("outer", async () => {
      ran.push("outer");
      return { notes: (await inner.invoke({ notes: [] })).notes };
    })
    .addNode("after", () => ({ notes: ["after"] }))
    .addEdge(START, "outer")
    .addEdge("outer", "after")
    .addEdge("after", END);
  await using server = await serveAt(place, { graphs: { nested: graph } });
  const { url } = server;
  const threadId = crypto.randomUUID();
  const runId = await start(url, threadId, "nested", { notes: [] });
  await gates("one").reached;
  await cancel(url, threadId, runId, "?after=step");
  gates("one").open();
  await waitForRun(url, threadId, runId, "interrupted");
  expect(await stateOf(url, threadId)).toMatchObject({ values: { notes: ["one", "two"] }, next: ["after"] });
  await start(url, threadId, "nested", null);
  await waitForStatus(url, threadId, "idle");
  expect(ran).toEqual(["outer", "one", "two"]);
});

test.each(storeKinds)(
  "%s: what a process that was to stop left half-way ends with the next, and is asked about when the run goes on",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const [gates, ran] = [createGates(), [] as string[]];
    const graphs = { two: createTwoSteps(gates, ran) };
    const first = await serveAt(place, { graphs });
    const threadId = crypto.randomUUID();
    const runId = await start(first.url, threadId, "two", { notes: [] });
    await gates("first").reached;
    await cancel(first.url, threadId, runId, "?after=step");
    await first.close({ graceMs: 0 });
    await first.stop();
    await using second = await serveAt(place, { graphs });
    await waitForRun(second.url, threadId, runId, "interrupted");
    expect(await getJson(`${second.url}/threads/${threadId}`)).toMatchObject({ status: "idle" });
    await start(second.url, threadId, "two", null);
    const [doubt] = openInterrupts(await waitForStatus(second.url, threadId, "interrupted"));
    expect(doubt?.value).toMatchObject({ type: "effect_in_doubt" });
    const params = { interrupt_id: doubt?.id, response: { type: "done", result: "first said" } };
    gates("second").open();
    await sendCommand(second.url, threadId, { method: "input.respond", params });
    await waitForStatus(second.url, threadId, "idle");
    expect(await stateOf(second.url, threadId)).toMatchObject({
      values: { notes: ["first said", "second done"] },
    });
    expect(ran).toEqual(["first", "second"]);
  },
);

test("an answer that was accepted gets through to the graph, though its run is to stop", async () => {
  await using place = await temporaryPlace("sqlite");
  const gates = createGates();
  const ran: string[] = [];
  const graph = new StateGraph(Notes)
    .addNode("ask", async () => {
      const answer = String(interrupt("Go on?"));
      ran.push(answer);
      await gates("answered").wait();
      return { notes: [answer] };
    })
    .addNode("after", () => ({ notes: ["after"] }))
    .addEdge(START, "ask")
    .addEdge("ask", "after")
    .addEdge("after", END);
  const first = await serveAt(place, { graphs: { asks: graph } });
  const threadId = crypto.randomUUID();
  await start(first.url, threadId, "asks", { notes: [] });
  const [question] = openInterrupts(await waitForStatus(first.url, threadId, "interrupted"));
  const params = { interrupt_id: question?.id, response: "yes" };
  const { result } = await sendCommand(first.url, threadId, { method: "input.respond", params });
  const runId = String(result?.run_id);
  await gates("answered").reached;
  await cancel(first.url, threadId, runId, "?after=step");
  await first.close({ graceMs: 0 });
  await first.stop();
  gates("answered").open();
  await using second = await serveAt(place, { graphs: { asks: graph } });
  await waitForRun(second.url, threadId, runId, "interrupted");
  expect(await stateOf(second.url, threadId)).toMatchObject({ values: { notes: ["yes"] }, next: ["after"] });
  expect(ran).toEqual(["yes", "yes"]);
});
