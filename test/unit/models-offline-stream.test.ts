import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { AIMessageChunk, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";

const listFiles = {
  type: "function",
  function: { name: "list_files", description: "", parameters: { type: "object", properties: {} } },
};
const steps = {
  type: "array",
  items: { type: "object", properties: { tool: { type: "string", enum: ["write_file"] } } },
};
const propose = {
  type: "function",
  function: { name: "propose_plan", description: "", parameters: { type: "object", properties: { steps } } },
};

/** A model about to propose a plan with text in it that does not fit into single code units. */
async function planning() {
  const bound = createOfflineModel({ delayMs: 0 }).bindTools?.([listFiles, propose]);
  if (bound === undefined) throw new Error("unreachable");
  const request = new HumanMessage(
    "write a note to n.txt: 🦊 says “Grüße” 👩‍👩‍👧 and then some more words to fill the line",
  );
  const first = await bound.invoke([request]);
  const id = first.tool_calls?.[0]?.id ?? "";
  const listed = new ToolMessage({ tool_call_id: id, name: "list_files", content: "a.txt (1 byte)" });
  return { bound, messages: [request, first, listed] };
}

async function collect(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk[]> {
  const chunks: AIMessageChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test("text comes word by word, under one id that no other answer has", async () => {
  const model = createOfflineModel({ delayMs: 0 });
  const [one, other] = [
    await collect(await model.stream("who are you?")),
    await collect(await model.stream("who are you?")),
  ];
  expect(one.length).toBeGreaterThan(20);
  for (const chunk of one) expect(chunk.text.trim().split(/\s+/).length).toBeLessThanOrEqual(1);
  expect(one.map(({ text }) => text).join("")).toBe((await model.invoke("who are you?")).text);
  expect(new Set(one.map(({ id }) => id)).size).toBe(1);
  expect(one[0]?.id).toMatch(/^offline-[\da-f-]{36}$/);
  expect(other[0]?.id).not.toBe(one[0]?.id);
});

test("usage and the reason for the end come with the last chunk, and only there", async () => {
  const chunks = await collect(await createOfflineModel({ delayMs: 0 }).stream("hello"));
  expect(chunks.at(-1)?.usage_metadata).toEqual({
    input_tokens: expect.any(Number),
    output_tokens: expect.any(Number),
    total_tokens: expect.any(Number),
  });
  expect(chunks.at(-1)?.response_metadata).toMatchObject({
    finish_reason: "stop",
    model_name: "offline-rehearsal",
  });
  for (const chunk of chunks.slice(0, -1)) expect(chunk.usage_metadata).toBeUndefined();
});

test("the pieces of a tool call make valid JSON again, whatever is in it, and none ends inside a character", async () => {
  const { bound, messages } = await planning();
  const chunks = await collect(await bound.stream(messages));
  const pieces = chunks.flatMap(({ tool_call_chunks = [] }) => tool_call_chunks);
  expect(pieces.length).toBeGreaterThan(10);
  expect(pieces[0]).toMatchObject({ name: "propose_plan", id: expect.stringMatching(/^call_/), index: 0 });
  for (const { args = "" } of pieces) expect(args).toBe(Buffer.from(args, "utf8").toString("utf8"));
  const args = JSON.parse(pieces.map((piece) => piece.args).join(""));
  expect(args.steps[0].args.content).toBe("🦊 says “Grüße” 👩‍👩‍👧 and then some more words to fill the line");
  const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
  expect(whole.tool_calls?.map(({ name }) => name)).toEqual(["propose_plan"]);
  expect(whole.tool_calls?.[0]?.args).toEqual(args);
  expect(whole.response_metadata.finish_reason).toBe("tool_calls");
});

test("several calls in one message stay apart", async () => {
  const readFile = {
    type: "function",
    function: { name: "read_file", description: "", parameters: { type: "object" } },
  };
  const bound = createOfflineModel({ delayMs: 0 }).bindTools?.([listFiles, readFile, propose]);
  const request = new HumanMessage("summarise a.txt and b.txt");
  const first = await bound?.invoke([request]);
  const content = "a.txt (1 byte)\nb.txt (2 bytes)";
  const listed = new ToolMessage({
    tool_call_id: first?.tool_calls?.[0]?.id ?? "",
    name: "list_files",
    content,
  });
  const second = await bound?.invoke([request, ...(first ? [first] : []), listed]);
  expect(second?.tool_calls).toEqual([
    { name: "read_file", args: { path: "a.txt" }, id: expect.any(String), type: "tool_call" },
    { name: "read_file", args: { path: "b.txt" }, id: expect.any(String), type: "tool_call" },
  ]);
  expect(new Set(second?.tool_calls?.map(({ id }) => id)).size).toBe(2);
});

test("an abort ends the stream at once, in the middle of a token's delay", async () => {
  const model = createOfflineModel({ delayMs: 60_000 });
  const controller = new AbortController();
  const reading = (async () => collect(await model.stream("who are you?", { signal: controller.signal })))();
  controller.abort();
  await expect(reading).rejects.toThrow(/abort/i);
});

test("an abort between two tokens is honoured without a delay, too", async () => {
  const controller = new AbortController();
  const stream = await createOfflineModel({ delayMs: 0 }).stream("what can you do?", {
    signal: controller.signal,
  });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const chunk of stream) {
      seen.push(chunk.text);
      if (seen.length === 3) controller.abort();
    }
  })();
  await expect(reading).rejects.toThrow(/abort/i);
  expect(seen).toHaveLength(3);
});

class Listening extends BaseCallbackHandler {
  override name = "listening";
  override awaitHandlers = true;
  lc_prefer_streaming = true;
  readonly tokens: string[] = [];
  readonly chunks: unknown[] = [];

  override handleLLMNewToken(token: string, ...rest: unknown[]): void {
    this.tokens.push(token);
    this.chunks.push((rest.at(-1) as { chunk?: { message?: unknown } }).chunk?.message);
  }
}

test("a handler that prefers streaming hears every chunk, also when the model is invoked", async () => {
  const handler = new Listening();
  const message = await createOfflineModel({ delayMs: 0 }).invoke("hello", { callbacks: [handler] });
  expect(handler.tokens.join("")).toBe(message.text);
  expect(handler.chunks.every((chunk) => AIMessageChunk.isInstance(chunk))).toBe(true);
  expect(handler.tokens.length).toBeGreaterThan(10);
});

test("a plan of a hundred steps streams in a bounded number of pieces", async () => {
  const bound = createOfflineModel({ delayMs: 0 }).bindTools?.([
    listFiles,
    {
      ...propose,
      function: {
        ...propose.function,
        parameters: {
          type: "object",
          properties: { steps: { items: { properties: { tool: { enum: ["delete_file"] } } } } },
        },
      },
    },
  ]);
  const request = new HumanMessage("delete all .tmp files");
  const first = await bound?.invoke([request]);
  const content = Array.from({ length: 100 }, (_, n) => `${n}.tmp (1 byte)`).join("\n");
  const listed = new ToolMessage({
    tool_call_id: first?.tool_calls?.[0]?.id ?? "",
    name: "list_files",
    content,
  });
  const chunks = bound ? await collect(await bound.stream([request, ...(first ? [first] : []), listed])) : [];
  const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
  expect(whole.tool_calls?.[0]?.args.steps).toHaveLength(100);
  expect(chunks.length).toBeLessThan(260);
});

test("it is known by its type", () => {
  expect(createOfflineModel()._llmType()).toBe("offline-rehearsal");
});
