import { afterAll, beforeAll, expect, test } from "vitest";
import type { Frame } from "../support/frames.ts";
import { input, openRows, type Row } from "../support/rows.ts";

/** What a classic stream says in each mode, row by row; the list is in docs/protocol.md. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());

type Data = Record<string, unknown>;

async function stream(graph: string, stream_mode: unknown, more: object = {}): Promise<Frame[]> {
  return at.frames("POST /runs/stream", { body: { assistant_id: graph, input, stream_mode, ...more } });
}
const of = (frames: Frame[], event: string) =>
  frames.filter((frame) => frame.event === event).map(({ data }) => data as Data);
/** Names of frames, the ids of tasks left out. */
const names = (frames: Frame[]) => frames.map(({ event }) => event.replace(/:[0-9a-f-]+/g, ""));
const letters = { input: { letters: ["a", "b"] } };
const notes = { input: { notes: ["start"] }, stream_subgraphs: true };
const question = {
  id: expect.any(String),
  value: { question: "Send it?" },
  response_schema: expect.any(Object),
};

test("2.2 metadata: comes first, with the run, its thread and the attempt", async () => {
  const [first] = await stream("ask", "values");
  expect(first).toMatchObject({
    event: "metadata",
    data: { run_id: expect.any(String), thread_id: expect.any(String), attempt: 1 },
  });
});

test("2.2 values: the whole state; a question in a frame that holds nothing else, each of parallel ones in its own", async () => {
  const values = of(await stream("ask", "values"), "values");
  expect(values[0]).toMatchObject({ messages: [{ content: "hello" }] });
  expect(values.at(-2)).toMatchObject({ messages: [{}, { content: "I would like to send the letter." }] });
  expect(values.at(-1)).toEqual({ __interrupt__: [question] });
  const asked = of(await stream("letters", "values", letters), "values").slice(-2);
  expect(asked.map(({ __interrupt__ }) => (__interrupt__ as unknown[]).length)).toEqual([1, 1]);
});

test("2.2 breakpoint: a run that was told to stop before a node says so with no question", async () => {
  for (const mode of ["values", "updates"]) {
    const frames = of(await stream("chat", mode, { interrupt_before: ["talk"] }), mode);
    expect(frames.at(-1)).toEqual({ __interrupt__: [] });
  }
});

test("2.2 updates: what each node wrote, under its name; a question", async () => {
  const updates = of(await stream("ask", "updates"), "updates");
  expect(updates).toEqual([
    { talk: { messages: [expect.objectContaining({ content: "I would like to send the letter." })] } },
    { __interrupt__: [question] },
  ]);
});

test("2.2 messages-tuple: pieces of messages and where they come from, as `messages`", async () => {
  const pieces = of(await stream("ask", "messages-tuple"), "messages") as unknown as [Data, Data][];
  expect(pieces.map(([{ content }]) => content).join("")).toBe("I would like to send the letter.");
  expect(pieces.length).toBeGreaterThan(3);
  for (const [chunk, metadata] of pieces) {
    expect(chunk).toMatchObject({ type: "ai", id: pieces[0]?.[0].id });
    expect(metadata).toMatchObject({
      langgraph_node: "talk",
      langgraph_step: 1,
      langgraph_checkpoint_ns: expect.stringMatching(/^talk:/),
      checkpoint_ns: expect.stringMatching(/^talk:/),
      run_id: expect.any(String),
      thread_id: expect.any(String),
    });
  }
});

test("2.2 messages: the older mode, each time with all there is of the message", async () => {
  const frames = await stream("ask", ["messages"]);
  const [metadata] = of(frames, "messages/metadata");
  const id = Object.keys(metadata ?? {})[0] ?? "";
  expect(metadata).toEqual({ [id]: { metadata: expect.objectContaining({ langgraph_node: "talk" }) } });
  const partial = of(frames, "messages/partial") as unknown as [Data][];
  const texts = partial.map(([{ content }]) => String(content));
  expect(texts.every((text, index) => text.startsWith(texts[index - 1] ?? ""))).toBe(true);
  const [complete] = of(frames, "messages/complete") as unknown as [Data][];
  expect(complete).toMatchObject([{ id, type: "ai", content: "I would like to send the letter." }]);
});

const about = (content: string) => ({ input: { messages: [{ role: "user", content }] } });

test("2.2 custom: what the graph writes to its stream", async () => {
  const frames = await stream("tools", "custom", about("keys"));
  expect(of(frames, "custom")).toEqual([
    { name: "progress", payload: { looking: "keys" } },
    { halfway: "keys" },
  ]);
});

test("2.2 tools: when a tool starts, and what it comes to", async () => {
  const tools = of(await stream("tools", "tools", about("keys")), "tools");
  expect(tools[0]).toEqual({
    event: "on_tool_start",
    toolCallId: "call-keys",
    name: "look",
    input: '{"for":"keys"}',
  });
  expect(tools.at(-1)).toMatchObject({
    event: "on_tool_end",
    toolCallId: "call-keys",
    output: { content: "Found keys.", tool_call_id: "call-keys" },
  });
  const failed = of(await stream("tools", "tools", about("trouble")), "tools");
  expect(failed.at(-1)).toEqual({
    event: "on_tool_error",
    toolCallId: "call-trouble",
    error: expect.stringContaining("found trouble"),
  });
});

test("2.2 tasks: as each begins, and what it came to", async () => {
  const tasks = of(await stream("ask", "tasks"), "tasks");
  expect(tasks[0]).toMatchObject({
    id: expect.any(String),
    name: "talk",
    input: { messages: [{ content: "hello" }] },
    triggers: ["branch:to:talk"],
    interrupts: [],
  });
  expect(tasks[1]).toMatchObject({
    id: tasks[0]?.id,
    name: "talk",
    result: { messages: expect.any(Array) },
    interrupts: [],
  });
  expect(tasks.at(-1)).toMatchObject({ name: "ask", interrupts: [question] });
});

test("2.2 checkpoints: the state with what comes next, and only where it is asked for", async () => {
  const checkpoints = of(await stream("ask", "checkpoints"), "checkpoints");
  expect(checkpoints.map(({ next }) => next)).toEqual([["talk"], ["ask"]]);
  for (const { values, metadata, config } of checkpoints)
    expect([values, metadata, config]).toEqual([
      expect.objectContaining({ messages: expect.any(Array) }),
      expect.objectContaining({ step: expect.any(Number), source: "loop" }),
      { configurable: expect.objectContaining({ checkpoint_id: expect.any(String) }) },
    ]);
  expect(names(await stream("nested", "values", notes))).not.toContain("checkpoints");
});

test("2.2 debug: checkpoints, tasks and results, with step and time", async () => {
  const debug = of(await stream("ask", "debug"), "debug");
  expect(debug.map(({ type }) => type)).toEqual([
    "checkpoint",
    "task",
    "task_result",
    "checkpoint",
    "task",
    "task_result",
  ]);
  expect(debug[0]).toEqual({
    type: "checkpoint",
    step: 0,
    timestamp: expect.stringMatching(/Z$/),
    payload: expect.objectContaining({
      config: expect.any(Object),
      parent_config: expect.any(Object),
      tasks: expect.any(Array),
      next: ["talk"],
      values: expect.any(Object),
      metadata: expect.any(Object),
    }),
  });
});

test("2.2 events: beginnings and ends of nodes, and tokens, as LangChain's events say them", async () => {
  const events = of(await stream("ask", "events"), "events");
  const first = events.find(({ event }) => event === "on_chain_start");
  // What Agent Inbox looks at.
  expect(first).toMatchObject({ name: "talk", metadata: { langgraph_node: "talk" } });
  const tokens = events.filter(({ event }) => event === "on_chat_model_stream");
  const text = tokens.map(({ data }) => (data as { chunk: Data }).chunk.content).join("");
  expect(text).toBe("I would like to send the letter.");
  expect(events.map(({ event }) => event)).toContain("on_chain_end");
});

test("2.2 lifecycle: of subgraphs, as they begin and end", async () => {
  const frames = await stream("nested", "lifecycle", notes);
  const own = frames.filter(({ event }) => event.startsWith("lifecycle|inner:"));
  expect(own.map(({ data }) => (data as Data).event)).toEqual(
    expect.arrayContaining(["started", "interrupted"]),
  );
});

test("2.2 subgraphs: `mode|namespace`, only where they are asked for", async () => {
  const modes = ["values", "updates"];
  const frames = await stream("nested", modes, notes);
  expect(new Set(names(frames))).toEqual(
    new Set(["metadata", "values", "values|inner", "updates|inner", "updates", "end"]),
  );
  const own = await stream("nested", modes, { ...notes, stream_subgraphs: false });
  expect(names(own).filter((name) => name.includes("|"))).toEqual([]);
  expect(of(own, "updates")).toEqual([
    { __interrupt__: [{ id: expect.any(String), value: { deep: true } }] },
  ]);
});

test("2.2 error: the error's name and its words, then the end", async () => {
  const frames = await stream("failing", "values");
  expect(of(frames, "error")).toEqual([{ error: "RangeError", message: "kaboom" }]);
  expect(frames.at(-1)).toMatchObject({ event: "end", data: { status: "error" } });
});

test("2.2 feedback: an address for each key, where there is a place for feedback; here there is none", async () => {
  const frames = await stream("ask", "values", { feedback_keys: ["stars"] });
  expect(of(frames, "feedback")).toEqual([{}]);
  expect(of(await stream("ask", "values"), "feedback")).toEqual([]);
});

test("2.2 end: comes last, with how the run ended, so that an end is told from a break", async () => {
  const frames = await stream("ask", "values");
  expect(frames.at(-1)).toEqual({
    event: "end",
    id: "",
    data: { run_id: of(frames, "metadata")[0]?.run_id, status: "success" },
  });
});
