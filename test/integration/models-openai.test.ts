import { type AIMessageChunk, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { chooseModel } from "../../src/models/index.ts";
import { type Script, startOpenAiServer } from "../support/openai-server.ts";

/** The real ChatOpenAI of a real setting, against a server of ours. */
async function open(script: Script, env: Record<string, string> = {}) {
  const server = await startOpenAiServer({ script });
  onTestFinished(() => server.close());
  const { model, label } = await chooseModel({
    env: { COUNTERSIGN_MODEL: "openai:test-model", OPENAI_BASE_URL: server.url, ...env },
  });
  return { model, label, server };
}

const writeFile = tool(() => "", {
  name: "write_file",
  description: "Writes a file.",
  schema: z.object({ path: z.string(), content: z.string() }),
});

async function collect(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk[]> {
  const chunks: AIMessageChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test("text streams in small deltas with usage, each answer under its own id", async () => {
  const { model, server } = await open(() => "The quick brown fox jumps.");
  const one = await collect(await model.stream("Hi"));
  const other = await collect(await model.stream("Hi"));
  expect(one.map(({ text }) => text).join("")).toBe("The quick brown fox jumps.");
  expect(one.filter(({ text }) => text !== "").length).toBe(5);
  const whole = one.reduce((sum, chunk) => sum.concat(chunk));
  expect(whole.usage_metadata).toMatchObject({ output_tokens: 5 });
  expect(whole.id).not.toBe(other[0]?.id);
  expect(server.requests[0]).toMatchObject({
    model: "test-model",
    stream: true,
    messages: [{ content: "Hi" }],
  });
  expect(server.requests[0]).not.toHaveProperty("temperature");
});

test("without streaming the answer comes whole, and no key is needed", async () => {
  const { model, server } = await open(() => ({ text: "Hello.", msPerToken: 1 }));
  const message = await model.invoke("Hi");
  expect(message.text).toBe("Hello.");
  expect(message).toMatchObject({ usage_metadata: { output_tokens: 1 } });
  expect(server.requests[0]?.stream).toBe(false);
});

test("tool calls stream piece by piece and come out whole, several apart", async () => {
  const calls = [
    { name: "write_file", args: { path: "a.md", content: "One “quoted” line" } },
    { name: "write_file", args: { path: "b.md", content: "Two" } },
  ];
  const { model, server } = await open(() => ({ text: "Working.", calls }));
  const bound = model.bindTools?.([writeFile]);
  const chunks = bound ? await collect(await bound.stream("Write")) : [];
  expect(chunks.flatMap(({ tool_call_chunks = [] }) => tool_call_chunks).length).toBeGreaterThan(8);
  const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
  expect(whole.text).toBe("Working.");
  expect(whole.tool_calls?.map(({ args }) => args)).toEqual(calls.map(({ args }) => args));
  expect(whole.response_metadata.finish_reason).toBe("tool_calls");
  expect(server.requests[0]?.tools?.[0]?.function.name).toBe("write_file");
});

test("structured output is asked for by schema and parsed", async () => {
  const { model, server } = await open(() => ({ text: JSON.stringify({ title: "Plan", steps: 3 }) }));
  const structured = model.withStructuredOutput(z.object({ title: z.string(), steps: z.number() }), {
    name: "plan",
  });
  expect(await structured.invoke("Plan")).toEqual({ title: "Plan", steps: 3 });
  expect(server.requests[0]?.response_format).toMatchObject({
    type: "json_schema",
    json_schema: { name: "plan" },
  });
});

for (const how of ["invoke", "stream"] as const) {
  test(`a refused key is told at once on ${how}, with what to set, after exactly one request`, async () => {
    const { model, server } = await open(() => ({ status: 401 }), { OPENAI_API_KEY: "sk-wrong" });
    await expect(model[how]("Hi")).rejects.toThrow(/refused the key \(401\)\. Set OPENAI_API_KEY/);
    expect(server.requests).toHaveLength(1);
  });
}

test("an unknown model is told at once, with what to set", async () => {
  const { model, server } = await open(() => ({ status: 404, message: "The model does not exist" }));
  await expect(model.invoke("Hi")).rejects.toThrow(
    /does not know test-model \(404\)\. Set COUNTERSIGN_MODEL/,
  );
  expect(server.requests).toHaveLength(1);
});

test("a full queue (429) is waited out as long as retry-after says, then it works", async () => {
  const asked: number[] = [];
  const { model, server } = await open((_, n) => {
    asked.push(Date.now());
    return n === 0 ? { status: 429, retryAfter: 1 } : "Here you are.";
  });
  const chunks = await collect(await model.stream("Hi"));
  expect(chunks.map(({ text }) => text).join("")).toBe("Here you are.");
  expect(server.requests).toHaveLength(2);
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

test("a server's own error is tried again", async () => {
  const { model, server } = await open((_, n) => (n === 0 ? { status: 500 } : "Fine."));
  expect((await model.invoke("Hi")).text).toBe("Fine.");
  expect(server.requests).toHaveLength(2);
});

test("a stream that is cut in the middle raises, after what came before", async () => {
  const { model } = await open(() => ({ text: "one two three four five", cutAfter: 3 }));
  const seen: string[] = [];
  const reading = (async () => {
    for await (const chunk of await model.stream("Hi")) seen.push(chunk.text);
  })();
  await expect(reading).rejects.toThrow();
  expect(seen.join("")).toMatch(/^one /);
  expect(seen.join("")).not.toContain("five");
});

test("malformed arguments come out as an invalid tool call, and nothing crashes", async () => {
  const { model } = await open(() => ({
    calls: [{ name: "write_file", args: '{"path": "a.md", "content": ' }],
  }));
  const bound = model.bindTools?.([writeFile]);
  const streamed = bound
    ? (await collect(await bound.stream("Write"))).reduce((sum, chunk) => sum.concat(chunk))
    : undefined;
  expect(streamed?.tool_calls ?? []).not.toContainEqual(
    expect.objectContaining({ args: { path: "a.md", content: "x" } }),
  );
  expect(streamed?.tool_call_chunks?.[0]?.args).toBe('{"path": "a.md", "content": ');
  const whole = await bound?.invoke("Write");
  expect(whole?.tool_calls).toEqual([]);
  expect(whole?.invalid_tool_calls).toMatchObject([
    { name: "write_file", args: '{"path": "a.md", "content": ' },
  ]);
});

test("an answer that was too long says so, and a refused one is empty", async () => {
  const { model } = await open((_, n) =>
    n === 0 ? { text: "So far", finish: "length" } : { refusal: "I will not.", finish: "stop" },
  );
  const long = (await collect(await model.stream("Hi"))).reduce((sum, chunk) => sum.concat(chunk));
  expect(long.response_metadata.finish_reason).toBe("length");
  // LangChain drops the words of a refusal: what arrives is an empty answer, which the agent must expect.
  expect((await model.invoke("Hi")).text).toBe("");
});

test("a stream that is held in the middle can be aborted", async () => {
  const held = new Promise<void>(() => {});
  const { model } = await open(() => ({
    text: "one two three",
    beforeToken: (index) => (index === 2 ? held : undefined),
  }));
  const controller = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const chunk of await model.stream([new HumanMessage("Hi")], { signal: controller.signal })) {
      seen.push(chunk.text);
      if (seen.join("").includes("two")) controller.abort();
    }
  })();
  await expect(reading).rejects.toThrow();
  expect(seen.join("")).toBe("one two ");
});
