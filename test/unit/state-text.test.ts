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
import { ShownMessage } from "../../src/core/leaf-cache.ts";
import {
  fieldsOfWireText,
  toFields,
  toMessage,
  toMessageText,
  toPlainText,
} from "../../src/core/message-fields.ts";
import type { NewEvent } from "../../src/core/ports.ts";
import { JsonText, joinBytes, joinText, toJsonParts, toStateParts } from "../../src/core/state-text.ts";
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
async function readBack(list: object[], isShown = false) {
  const { hash, contents } = await encodeContent(serde, list);
  const kept = new Map(contents.map((content) => [content.hash, content.bytes]));
  const known = createKnownMessages(isShown);
  const decode = await loadContents(serde, [hash], async () => kept, known);
  return { known, read: (await decode(hash)) as HumanMessage[] };
}

test("a state says the same as a whole and put together out of what is kept, read to run on or to be shown", {
  timeout: 30_000,
}, async () => {
  for (const make of kinds) {
    const list = Array.from({ length: 150 }, (_, place) => make(`m${place}`));
    const told = toWireText((await readBack(list)).read);
    for (const isShown of [false, true, false]) {
      const { known, read } = await readBack(list, isShown);
      expect(toWireText(read)).toBe(told);
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
    toFields(HumanMessage, { content: "x" }),
    toFields(AIMessage, { content: "x", additional_kwargs: {}, response_metadata: {} }),
  ]) {
    expect(toMessageText(message)).toBe(toWireText(toMessage(message)));
  }
});

test("what clients read of a plain message is cut out of what is stored", async () => {
  const more = { content: "inside", tags: ["a"] };
  const call = { name: "send", args: { content: '"' }, id: "c", type: "tool_call" as const };
  for (const [message, isPlain] of [
    [new HumanMessage({ id: "1", content: "hi" }), true],
    [new HumanMessage({ content: 'says "content":"x", \\" and \\', id: "ends in \\" }), true],
    [new HumanMessage({ id: "3", additional_kwargs: more, content: "after one like it" }), true],
    [new SystemMessage({ content: "\ud800 ü\u2028 }],", name: "ana" }), true],
    [new AIMessage({ id: "5", content: "", tool_calls: [call], response_metadata: { model: "m" } }), true],
    [new AIMessage({ id: "6", content: [{ type: "text", text: "in blocks" }] }), false],
    [new AIMessage({ id: "7", content: "v1", response_metadata: { output_version: "v1" } }), false],
    [new AIMessageChunk({ id: "8", content: "streamed" }), false],
    [new ToolMessage({ id: "9", content: "sent", tool_call_id: "c" }), false],
    [new HumanMessage({ id: "10", content: 'says "lc": 1', additional_kwargs: { lc: 1 } }), false],
  ] as const) {
    const stored = Buffer.from((await serde.dumpsTyped(message))[1]).toString();
    const text = toPlainText(stored);
    expect([message.id, text]).toEqual([message.id, isPlain ? toWireText(message) : undefined]);
    if (text === undefined) continue;
    const [fields] = fieldsOfWireText(text);
    expect(fields && toMessage(fields)).toStrictEqual(message);
    expect(toPlainText(`${stored.slice(0, -1)},"name":"more"}`)).toBeUndefined();
  }
  for (const text of [
    "",
    "{}",
    "[]",
    "null",
    '"text"',
    "{",
    '{"lc":1,"type":"constructor","id":["langchain_core","messages","',
  ])
    expect(toPlainText(text)).toBeUndefined();
});

test("a message that is only shown cannot be changed", async () => {
  const list = Array.from({ length: 64 }, (_, place) => new HumanMessage({ id: `m${place}`, content: "x" }));
  const [first, second] = [(await readBack(list, true)).read, (await readBack(list, true)).read];
  expect(first[0]).toBeInstanceOf(ShownMessage);
  expect(first[0]).toBe(second[0]);
  expect(Object.isFrozen(first[0])).toBe(true);
  first.length = 0;
  expect(second).toHaveLength(64);
});

test("text that is there already is put into a reply as it is", () => {
  const text = new JsonText(['{"a":', Buffer.from("[1]"), "}"]);
  for (const value of [
    { values: text, none: undefined, list: [text, undefined, 1], ü: { deep: { deeper: { deepest: text } } } },
    [{ values: text }],
    text,
    "plain",
    null,
    { at: new Date(0), big: { toJSON: () => "own" } },
  ]) {
    expect(joinText(toJsonParts(value))).toBe(JSON.stringify(value));
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
    names: {},
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
