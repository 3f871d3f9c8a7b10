import { afterAll, beforeAll, expect, test } from "vitest";
import { openEvents, readEvents, type WireEvent } from "../support/command.ts";
import { input, openRows, type Row } from "../support/rows.ts";

/** What each channel of the thread protocol says, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());

const of = (events: WireEvent[], method: string) => events.filter((event) => event.method === method);
const datas = (events: WireEvent[], method: string) => of(events, method).map(({ params }) => params.data);
const read = (threadId: string) => readEvents(at.url, threadId);

/** What a reader hears that was there from the first event on. */
async function live(graph: string, content: unknown, lasts = "completed"): Promise<WireEvent[]> {
  const threadId = crypto.randomUUID();
  const channels = [
    "values",
    "updates",
    "messages",
    "tools",
    "lifecycle",
    "input",
    "checkpoints",
    "tasks",
    "custom",
  ];
  await using stream = openEvents(at.url, threadId, { channels });
  await stream.response;
  const start = typeof content === "string" ? { messages: [{ role: "user", content }] } : content;
  await at.command(threadId, "run.start", { assistant_id: graph, input: start });
  const events: WireEvent[] = [];
  for await (const event of stream.events) {
    events.push(event);
    const { namespace, data } = event.params;
    if (event.method === "lifecycle" && namespace.length === 0 && data.event === lasts) break;
  }
  return events;
}

test("3.5 lifecycle: the root runs and ends, subgraphs start and end; one that asked was interrupted, not completed", async () => {
  const { threadId, question } = await at.asked("nested", { notes: ["start"] });
  const told = (events: WireEvent[]) =>
    of(events, "lifecycle")
      .filter(({ params }) => params.namespace.length === 0 || params.namespace[0]?.startsWith("inner"))
      .map(({ params: { namespace, data } }) => [namespace.length, data.event, data.graph_name]);
  const first = await read(threadId);
  expect(told(first).filter(([depth]) => depth !== 2)).toEqual([
    [0, "running", "nested"],
    [1, "started", "inner"],
    [1, "interrupted", "inner"],
    [0, "interrupted", "nested"],
  ]);
  for (const { event_id, params } of of(first, "lifecycle"))
    expect(event_id.startsWith("synth:")).toBe(params.namespace.length === 0);
  await at.command(threadId, "input.respond", { interrupt_id: question, response: "yes" });
  await at.until(threadId, "idle");
  expect(told(await read(threadId)).at(-1)).toEqual([0, "completed", "nested"]);

  const failed = await live("failing", "hello", "failed");
  expect(of(failed, "lifecycle").at(-1)?.params.data).toMatchObject({ event: "failed", error: "kaboom" });
});

test("3.5 input: a question where it stands, as `payload` and as `value`; that it was answered, for every tab", async () => {
  const { threadId, question } = await at.asked("nested", { notes: ["start"] });
  await at.command(threadId, "input.respond", { interrupt_id: question, response: "yes" });
  await at.until(threadId, "idle");
  const events = await read(threadId);
  expect(of(events, "input.requested").map(({ params }) => params)).toEqual([
    {
      namespace: [expect.stringMatching(/^inner:/)],
      timestamp: expect.any(Number),
      data: { interrupt_id: question, payload: { deep: true }, value: { deep: true } },
    },
  ]);
  expect(of(events, "input.answered").map(({ params }) => params)).toEqual([
    {
      namespace: [],
      timestamp: expect.any(Number),
      data: { interrupt_ids: [question], status: "answered" },
    },
  ]);
});

test("3.5 values: the state without questions in it, messages as plain objects", async () => {
  const { threadId } = await at.asked();
  const values = datas(await read(threadId), "values");
  expect(values.at(-1)).toEqual({
    messages: [
      expect.objectContaining({ type: "human", content: "hello" }),
      expect.objectContaining({ type: "ai", content: "I would like to send the letter." }),
    ],
  });
  expect(JSON.stringify(values)).not.toContain("__interrupt__");
});

test("3.5 checkpoints: one right before the values of its step; told again when the run goes on", async () => {
  const { threadId, question } = await at.asked();
  const before = await live("ask", "hello", "interrupted");
  for (const [index, { method, params }] of before.entries()) {
    if (method !== "values" || params.namespace.length > 0) continue;
    expect(before[index - 1]).toMatchObject({ method: "checkpoints", params: { namespace: [] } });
  }
  const checkpoints = datas(before, "checkpoints");
  expect(checkpoints.map(({ step, source }) => [step, source])).toEqual([
    [0, "loop"],
    [1, "loop"],
  ]);
  expect(checkpoints[1]).toMatchObject({ id: expect.any(String), parent_id: checkpoints[0]?.id });
  const [last] = datas(await read(threadId), "checkpoints").slice(-1);
  const since = (await read(threadId)).at(-1)?.seq ?? 0;
  await using stream = openEvents(at.url, threadId, { channels: ["checkpoints"], since });
  await stream.response;
  await at.command(threadId, "input.respond", { interrupt_id: question, response: { send: true } });
  expect((await stream.events.next()).value?.params.data).toMatchObject({ id: last?.id, step: last?.step });
});

test("3.5 updates: what a node wrote, with the node beside it; questions are not among them", async () => {
  const updates = of(await live("ask", "hello", "interrupted"), "updates");
  expect(updates.map(({ params }) => params)).toEqual([
    {
      namespace: [],
      timestamp: expect.any(Number),
      node: "talk",
      data: { messages: [expect.objectContaining({ content: "I would like to send the letter." })] },
    },
  ]);
});

test("3.5 tasks: as in the classic protocol", async () => {
  const tasks = datas(await live("ask", "hello", "interrupted"), "tasks");
  expect(tasks).toEqual([
    expect.objectContaining({ name: "talk", input: expect.any(Object), triggers: ["branch:to:talk"] }),
    expect.objectContaining({ id: tasks[0]?.id, name: "talk", result: expect.any(Object), interrupts: [] }),
    expect.objectContaining({ name: "ask", input: expect.any(Object) }),
    expect.objectContaining({
      id: tasks[2]?.id,
      interrupts: [expect.objectContaining({ value: { question: "Send it?" } })],
    }),
  ]);
});

test("3.5 messages: start, blocks that do not mix, finish; a tool call grows in a form every build reads", async () => {
  const messages = of(await live("agent", "Write to Bob.", "interrupted"), "messages").filter(
    ({ params }) => params.data.role !== "human",
  );
  expect(messages.every(({ params }) => /^model_request:/.test(params.namespace[0] ?? ""))).toBe(true);
  const told = messages.map(({ params }) => params.data);
  expect(told[0]).toMatchObject({ event: "message-start", id: expect.any(String) });
  expect(told[1]).toMatchObject({
    event: "content-block-start",
    index: 0,
    content: { type: "tool_call_chunk", name: "send_email", args: "" },
  });
  const deltas = told.filter(({ event }) => event === "content-block-delta");
  const grown = deltas.map(({ delta }) => (delta as { fields: { args: string } }).fields.args);
  expect(deltas.every(({ delta }) => (delta as { type: string }).type === "block-delta")).toBe(true);
  expect(grown.every((args, index) => args.startsWith(grown[index - 1] ?? ""))).toBe(true);
  expect(told.at(-2)).toMatchObject({
    event: "content-block-finish",
    index: 0,
    content: { type: "tool_call", name: "send_email", args: { to: "bob@example.com" } },
  });
  expect(told.at(-1)).toMatchObject({ event: "message-finish" });

  const text = datas(await live("chat", "hello"), "messages");
  const words = text.map(({ delta }) => (delta as { text?: string } | undefined)?.text ?? "");
  expect(words.join("")).toBe("You said: hello and that was it.");
});

test("3.5 tools: started, what it says while it works, finished or failed, at its task", async () => {
  const tools = of(await live("tools", "keys"), "tools");
  expect(tools.every(({ params }) => /^tools:/.test(params.namespace[0] ?? ""))).toBe(true);
  expect(tools[0]?.params.data).toEqual({
    event: "tool-started",
    tool_call_id: "call-keys",
    tool_name: "look",
    input: '{"for":"keys"}',
  });
  expect(tools.at(-1)?.params.data).toEqual({
    event: "tool-finished",
    tool_call_id: "call-keys",
    output: expect.objectContaining({ type: "tool", content: "Found keys.", tool_call_id: "call-keys" }),
  });
  const failed = datas(await live("tools", "trouble"), "tools");
  expect(failed.at(-1)).toEqual({
    event: "tool-error",
    tool_call_id: "call-trouble",
    message: expect.stringContaining("found trouble"),
  });
});

test("3.5 custom: what the graph writes; a named one is a channel of its own", async () => {
  const events = await live("tools", "keys");
  expect(datas(events, "custom")).toEqual([
    { name: "progress", payload: { looking: "keys" } },
    { payload: { halfway: "keys" } },
  ]);
  const threadId = crypto.randomUUID();
  await using stream = openEvents(at.url, threadId, { channels: ["custom:progress", "lifecycle"] });
  await stream.response;
  await at.command(threadId, "run.start", { assistant_id: "tools", input });
  const heard: string[] = [];
  for await (const { method, params } of stream.events) {
    if (method === "custom") heard.push(String(params.data.name));
    if (params.data.event === "completed" && params.namespace.length === 0) break;
  }
  expect(heard).toEqual(["progress"]);
});
