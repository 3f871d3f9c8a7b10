import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import { expect, test } from "vitest";
import { encodeContent, loadContents } from "../../src/core/contents.ts";
import { createEngineEvents } from "../../src/core/engine-events.ts";
import { createKnownMessages } from "../../src/core/known-messages.ts";
import { toMessage, toMessageText } from "../../src/core/message-fields.ts";
import type { NewEvent } from "../../src/core/ports.ts";
import { joinBytes, joinText, toStateParts } from "../../src/core/state-text.ts";
import { toWireText } from "../../src/core/wire.ts";

const serde = new JsonPlusSerializer();

const kinds = [
  (id: string) => new HumanMessage({ id, content: `ü\u2028 ${id}`, name: "ana" }),
  (id: string) => new AIMessage({ id, content: "plain" }),
  (id: string) =>
    new AIMessage({
      id,
      content: [{ type: "text", text: "in blocks" }],
      tool_calls: [{ name: "send", args: { to: "bob" }, id: "c", type: "tool_call" }],
      usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } as never,
    }),
  (id: string) => new AIMessage({ id, content: "v1", response_metadata: { output_version: "v1" } }),
  (id: string) => new AIMessageChunk({ id, content: "streamed" }),
  (id: string) => new ToolMessage({ id, content: "sent", tool_call_id: "c", status: "success" }),
  (id: string) => new HumanMessage({ id, content: "odd", additional_kwargs: { lc: 1 } }),
  () => new SystemMessage("without an id"),
];

/** A list as a reader of the store gets it. */
async function readBack(list: object[]) {
  const { hash, contents } = await encodeContent(serde, list);
  const kept = new Map(contents.map((content) => [content.hash, content.bytes]));
  const known = createKnownMessages();
  const decode = await loadContents(serde, [hash], async () => kept, known);
  return { known, read: (await decode(hash)) as HumanMessage[] };
}

test("a state says the same as a whole and put together out of what is kept", async () => {
  for (const make of kinds) {
    const list = Array.from({ length: 150 }, (_, place) => make(`m${place}`));
    for (let time = 0; time < 2; time += 1) {
      const { known, read } = await readBack(list);
      const values = { messages: read, none: undefined, empty: [], note: "x", nested: { list: read } };
      const parts = toStateParts(values, known);
      expect(joinText(parts)).toBe(toWireText(values));
      expect(joinBytes(parts).toString()).toBe(toWireText(values));
    }
  }
  expect(joinText(toStateParts({}, createKnownMessages()))).toBe("{}");
  expect(joinText(toStateParts([1], createKnownMessages()))).toBe("[1]");
});

test("a message that was stored with less than it has is shown with all of it", () => {
  for (const message of [
    { type: HumanMessage, fields: { content: "x" } },
    { type: AIMessage, fields: { content: "x", additional_kwargs: {}, response_metadata: {} } },
  ]) {
    expect(toMessageText(message)).toBe(toWireText(toMessage(message)));
  }
});

test("what somebody changed of a message is shown", async () => {
  const list = Array.from({ length: 200 }, (_, place) => new HumanMessage({ id: `m${place}`, content: "x" }));
  const { known, read } = await readBack(list);
  const before = joinText(toStateParts({ messages: read }, known));
  (read[70] as HumanMessage).content = "changed";
  (read[130] as HumanMessage).additional_kwargs.seen = true;
  const after = joinText(toStateParts({ messages: read }, known));
  expect(after).not.toBe(before);
  expect(after).toBe(toWireText({ messages: read }));
  const shorter = { messages: read.slice(1) };
  expect(joinText(toStateParts(shorter, known))).toBe(toWireText(shorter));
});

test("a single message that was changed is stored as it is now", async () => {
  const known = createKnownMessages();
  const message = new HumanMessage({ id: "m", content: "x" });
  const first = await encodeContent(serde, [message], known);
  const again = await encodeContent(serde, [message], known);
  expect(again.hash).toBe(first.hash);
  expect(again.contents).toHaveLength(1); // the list alone
  message.content = "y";
  const changed = await encodeContent(serde, [message], known);
  expect(changed.hash).not.toBe(first.hash);
  expect(changed.contents).toHaveLength(2);
});

test("a state is rendered only while somebody is shown it", () => {
  let rendered = 0;
  const values = {
    thing: {
      toJSON: () => {
        rendered += 1;
        return "rendered";
      },
    },
  };
  const events: NewEvent[] = [];
  let isWanted = false;
  const engine = createEngineEvents({
    runId: "r",
    now: () => 0,
    checkpointer: {
      standings: new Map([["", "c1"]]),
      valuesOf: () => values,
      toText: toWireText,
    } as never,
    event: (event) => events.push(event),
    isWanted: () => isWanted,
  });
  const superStep = () => {
    engine.take([[], "checkpoints", { id: "c1" }]);
    engine.take([[], "values", values]);
    engine.take([[], "tasks", { id: "t", name: "node", input: values }]);
  };
  superStep();
  expect(rendered).toBe(0);
  expect(events.filter(({ isRef }) => isRef).map(({ live }) => live)).toEqual([undefined, undefined]);
  isWanted = true;
  superStep();
  expect(rendered).toBe(2);
  expect(events.at(-2)?.live).toBe('{"thing":"rendered"}');
});
