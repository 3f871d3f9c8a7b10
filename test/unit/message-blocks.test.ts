import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { type BlockEvent, createMessageBlocks, emitWholeMessage } from "../../src/core/message-blocks.ts";

function record(feed: (blocks: ReturnType<typeof createMessageBlocks>) => void): BlockEvent[] {
  const events: BlockEvent[] = [];
  feed(createMessageBlocks("m1", (event) => events.push(event)));
  return events;
}

test("text comes delta by delta between its start and its finish", () => {
  const events = record((blocks) => {
    blocks.add(new AIMessageChunk("Hel"));
    blocks.add(new AIMessageChunk("lo"));
    blocks.finish(new AIMessageChunk({ content: "", response_metadata: { finish_reason: "stop" } }));
  });
  expect(events).toEqual([
    { event: "message-start", id: "m1" },
    { event: "content-block-start", index: 0, content: { type: "text", text: "" } },
    { event: "content-block-delta", index: 0, delta: { type: "text-delta", text: "Hel" } },
    { event: "content-block-delta", index: 0, delta: { type: "text-delta", text: "lo" } },
    { event: "content-block-finish", index: 0, content: { type: "text", text: "Hello" } },
    { event: "message-finish", reason: "stop" },
  ]);
});

test("reasoning, text and tool calls are blocks of their own, one after the other", () => {
  const events = record((blocks) => {
    blocks.add(new AIMessageChunk({ content: [{ type: "thinking", thinking: "hm" }] }));
    blocks.add(new AIMessageChunk({ content: [{ type: "text", text: "Well" }] }));
    const call = { type: "tool_call_chunk" as const, index: 0, id: "c1", name: "read", args: '{"a":' };
    blocks.add(new AIMessageChunk({ content: "", tool_call_chunks: [call] }));
    blocks.add(
      new AIMessageChunk({
        content: "",
        tool_call_chunks: [{ type: "tool_call_chunk", index: 0, args: "1}" }],
      }),
    );
    blocks.finish(undefined);
  });
  const finished = events
    .filter(({ event }) => event === "content-block-finish")
    .map(({ content }) => content);
  expect(finished).toEqual([
    { type: "reasoning", reasoning: "hm" },
    { type: "text", text: "Well" },
    { type: "tool_call", id: "c1", name: "read", args: { a: 1 } },
  ]);
});

test("no delta is one that SDK 1.11.0 throws on", () => {
  const events = record((blocks) => {
    const call = { type: "tool_call_chunk" as const, index: 0, id: "c1", name: "read", args: "{" };
    blocks.add(new AIMessageChunk({ content: "", tool_call_chunks: [call] }));
    blocks.finish(undefined);
  });
  expect(JSON.stringify(events)).not.toContain("tool-call-delta");
});

test("long arguments cost a small multiple of their length, not its square", () => {
  const piece = "x".repeat(10);
  const events = record((blocks) => {
    for (let index = 0; index < 2000; index += 1) {
      const head = index === 0 ? { id: "c1", name: "write" } : {};
      blocks.add(
        new AIMessageChunk({
          content: "",
          tool_call_chunks: [{ type: "tool_call_chunk", index: 0, args: piece, ...head }],
        }),
      );
    }
    blocks.finish(undefined);
  });
  expect(JSON.stringify(events).length).toBeLessThan(20_000 * 8);
});

test("arguments that are no JSON end as an invalid call, with what the model wrote", () => {
  const events = record((blocks) => {
    const call = { type: "tool_call_chunk" as const, index: 0, id: "c1", name: "read", args: '{"a":' };
    blocks.add(new AIMessageChunk({ content: "", tool_call_chunks: [call] }));
    blocks.finish(undefined);
  });
  expect(events.find(({ event }) => event === "content-block-finish")?.content).toMatchObject({
    type: "invalid_tool_call",
    args: '{"a":',
  });
});

test("a message that was not streamed is told whole", () => {
  const events: BlockEvent[] = [];
  const message = new AIMessage({
    id: "m2",
    content: "Hi",
    tool_calls: [{ id: "c1", name: "read", args: { a: 1 } }],
  });
  emitWholeMessage(message, (event) => events.push(event));
  expect(events.map(({ event }) => event)).toEqual([
    "message-start",
    "content-block-start",
    "content-block-delta",
    "content-block-finish",
    "content-block-start",
    "content-block-delta",
    "content-block-finish",
    "message-finish",
  ]);
});
