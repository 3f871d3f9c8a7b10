import {
  AIMessage,
  AIMessageChunk,
  BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeContent, loadContents } from "../../src/core/contents.ts";
import { createKnownMessages, type KnownMessages } from "../../src/core/known-messages.ts";
import { isUnchanged, parseMessageFields, toFields, toMessage } from "../../src/core/message-fields.ts";
import { DataSerializer } from "../../src/core/serializer.ts";

const serde = new JsonPlusSerializer();

/** A store of contents that counts what is new to it. */
function createStore() {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    async put(
      value: unknown,
      known?: KnownMessages,
    ): Promise<{ hash: string; written: number; encoded: number }> {
      const { hash, contents } = await encodeContent(serde, value, known);
      const fresh = contents.filter((content) => !kept.has(content.hash));
      for (const content of fresh) kept.set(content.hash, content.bytes);
      const written = fresh.reduce((sum, { bytes }) => sum + bytes.length, 0);
      return { hash, written, encoded: contents.length };
    },
    async get(hash: string, known?: KnownMessages): Promise<unknown> {
      const load = async (hashes: string[]) =>
        new Map(hashes.flatMap((one) => (kept.has(one) ? [[one, kept.get(one) as Uint8Array]] : [])));
      return (await loadContents(serde, [hash], load, known))(hash);
    },
  };
}

test("any JSON comes back as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const store = createStore();
      const { hash } = await store.put(value);
      expect(await store.get(hash)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 200 },
  );
});

test("messages come back as messages, bytes as bytes", async () => {
  const store = createStore();
  const messages = [
    new HumanMessage({ id: "1", content: "hi" }),
    new AIMessage({ id: "2", content: "hello" }),
  ];
  const back = (await store.get((await store.put(messages)).hash)) as AIMessage[];
  expect(back.map((message) => [message.type, message.id, message.text])).toEqual([
    ["human", "1", "hi"],
    ["ai", "2", "hello"],
  ]);
  expect(AIMessage.isInstance(back[1])).toBe(true);
  const bytes = new Uint8Array([0, 1, 255]);
  expect(await store.get((await store.put(bytes)).hash)).toEqual(bytes);
});

const odd = { deep: [1, { "lc-like": '"lc":' }], text: "ü\u2028" };
const ofEveryKind = [
  new HumanMessage({ id: "1", content: 'says "lc": 1 and __lc_escaped', name: "ana" }),
  new AIMessage({
    id: "2",
    content: [{ type: "text", text: "hello" }],
    tool_calls: [{ name: "send", args: { to: "bob", ...odd }, id: "c", type: "tool_call" }],
    usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } as never,
    response_metadata: { finish_reason: "stop", model_provider: "openai" },
  }),
  new AIMessage({ id: "3", content: "v1", response_metadata: { output_version: "v1" } }),
  new AIMessageChunk({
    id: "4",
    content: "streamed",
    tool_call_chunks: [{ name: "send", args: '{"to":"bob"}', index: 0, id: "c", type: "tool_call_chunk" }],
  }),
  new SystemMessage("without an id"),
  new ToolMessage({ id: "5", content: "sent", tool_call_id: "c", status: "success", artifact: odd }),
  new HumanMessage({
    id: "6",
    content: "odd",
    additional_kwargs: { lc: 1, ...odd },
    response_metadata: { odd },
  }),
];

test("a message is read as the serializer reads it, by itself and in a full leaf of a list", {
  timeout: 30_000,
}, async () => {
  const store = createStore();
  for (const message of ofEveryKind) {
    const theirs = await serde.loadsTyped(...(await serde.dumpsTyped(message)));
    const many = Array.from({ length: 130 }, () => message);
    expect(await store.get((await store.put(message)).hash)).toEqual(theirs);
    for (let time = 0; time < 2; time += 1) {
      const back = (await store.get((await store.put(many)).hash)) as unknown[];
      expect(back).toHaveLength(130);
      expect(back[0]).toEqual(theirs);
      expect(back[129]).toEqual(theirs);
      expect(JSON.stringify(back[64])).toBe(JSON.stringify(theirs));
    }
  }
});

test("a plain message that is put together member by member is the one that its class makes", () => {
  const more = { tags: ["a"] };
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
  const calls = [{ name: "send", args: { to: "bob" }, id: "c", type: "tool_call" }];
  const none = { additional_kwargs: {}, response_metadata: {} };
  for (const [type, fields] of [
    [HumanMessage, { content: "hi", ...none }],
    [HumanMessage, { content: "hi", id: "1", name: "ana", additional_kwargs: more, response_metadata: more }],
    [SystemMessage, { content: "be kind", id: null, ...none }],
    [AIMessage, { content: "yes", id: "2", ...none, tool_calls: [], invalid_tool_calls: [] }],
    [
      AIMessage,
      { content: "", ...none, tool_calls: calls, invalid_tool_calls: calls, usage_metadata: usage },
    ],
  ] as const) {
    const stored = structuredClone(fields) as Record<string, unknown>;
    const read = toFields(type as never, stored);
    expect(read.plain?.kind.build).toBeDefined();
    const [theirs, ours] = [
      new (type as new (given: object) => BaseMessage)(structuredClone(fields)),
      toMessage(read),
    ];
    expect(ours).toStrictEqual(theirs);
    expect(Reflect.ownKeys(ours)).toEqual(Reflect.ownKeys(theirs));
    expect([ours.constructor, BaseMessage.isInstance(ours), JSON.stringify(ours)]).toEqual([
      type,
      true,
      JSON.stringify(theirs),
    ]);
    // What both know of it is one object, as LangChain has it; nothing of it is anybody else's.
    expect(ours.lc_kwargs.additional_kwargs).toBe(ours.additional_kwargs);
    ours.additional_kwargs.mine = true;
    (ours as AIMessage).tool_calls?.push({ name: "mine", args: {} });
    expect(stored).toEqual(fields);
    expect(toMessage(read)).toStrictEqual(theirs);
  }
});

test.each<[string, (message: AIMessage) => unknown]>([
  ["its text", (message) => Object.assign(message, { content: "y" })],
  ["its id", (message) => Object.assign(message, { id: "other" })],
  [
    "a name it did not have",
    (message) =>
      Object.assign(message, { name: "ana" }, { lc_kwargs: { ...message.lc_kwargs, name: "ana" } }),
  ],
  ["a member of what was empty", (message) => Object.assign(message.additional_kwargs, { seen: true })],
  ["a list in the place of a record", (message) => Object.assign(message, { response_metadata: [] })],
  ["nothing in the place of a record", (message) => Object.assign(message, { response_metadata: null })],
  ["a call", (message) => message.tool_calls?.push({ name: "send", args: {} })],
  ["no calls", (message) => Object.assign(message, { tool_calls: undefined })],
  ["what it used", (message) => Object.assign(message, { usage_metadata: { input_tokens: 1 } })],
  ["one name less", (message) => delete message.lc_kwargs.id],
  ["another name", ({ lc_kwargs: names }) => delete Object.assign(names, { more: 1 }).id],
])("a plain message is told from itself with %s", async (_what, change) => {
  const fields = toFields(AIMessage, {
    content: "x",
    id: "1",
    additional_kwargs: {},
    response_metadata: {},
    tool_calls: [],
    invalid_tool_calls: [],
    usage_metadata: { input_tokens: 2, output_tokens: 2, total_tokens: 4 },
  });
  const message = toMessage(fields) as AIMessage;
  expect(isUnchanged(message, fields)).toBe(true);
  change(message);
  expect(isUnchanged(message, fields)).toBe(false);
  const dumped = async (one: object) => Buffer.from((await serde.dumpsTyped(one))[1]).toString();
  expect(await dumped(message)).not.toBe(await dumped(toMessage(fields)));
});

test("messages of the common kinds are read without the serializer", async () => {
  const call = { name: "send", args: { to: "bob" }, id: "c", type: "tool_call" as const };
  for (const message of [
    new HumanMessage({ id: "1", content: "hi", name: "ana" }),
    new AIMessage({ id: "2", content: "hello", tool_calls: [call] }),
    new SystemMessage("be kind"),
    new ToolMessage({ id: "4", content: "sent", tool_call_id: "c", status: "success" }),
  ]) {
    const [, data] = await serde.dumpsTyped(message);
    expect([message.type, parseMessageFields(Buffer.from(data).toString())?.type]).toEqual([
      message.type,
      message.constructor,
    ]);
  }
});

const calling = (args: Record<string, unknown>) =>
  new AIMessage({ id: "m", content: "", tool_calls: [{ name: "send", args, id: "c", type: "tool_call" }] });

/** A value, or what the messages of a list call. */
const callsIn = (value: unknown) =>
  Array.isArray(value) && AIMessage.isInstance(value[0])
    ? value.map((one: AIMessage) => one.tool_calls?.[0]?.args)
    : value;

test("what only looks like an object of the engine comes back as it was, in a state too", async () => {
  const data = new DataSerializer();
  const odd = { lc: 1, type: "constructor", id: ["nowhere"], kwargs: {} };
  const args = [{ odd }, { "countersign:json": "1" }, { deep: [{ "countersign:json": "1" }] }];
  for (const value of [
    { odd },
    [odd, odd],
    { plan: { steps: [odd] } },
    { note: "countersign:json" },
    ...args.map((one) => Array.from({ length: 70 }, () => calling(one))),
  ]) {
    const { hash, contents } = await encodeContent(data, value);
    const kept = new Map(contents.map((content) => [content.hash, content.bytes]));
    const back = await (await loadContents(data, [hash], async () => kept))(hash);
    expect(callsIn(back)).toEqual(callsIn(value));
  }
});

test("what was read of a long conversation is not encoded again, unless somebody changed it", async () => {
  const store = createStore();
  const list = Array.from(
    { length: 640 },
    (_, i) => new HumanMessage({ id: String(i), content: `text ${i}` }),
  );
  const { hash } = await store.put(list);
  const known = createKnownMessages();
  const read = (await store.get(hash, known)) as HumanMessage[];
  const appended = await store.put([...read, new AIMessage({ id: "new", content: "answer" })], known);
  expect(appended.encoded).toBeLessThan(6);
  expect(await store.get(appended.hash)).toHaveLength(641);

  (read[100] as HumanMessage).content = "another text";
  const changed = await store.put(read, known);
  expect(changed.hash).not.toBe(hash);
  expect(((await store.get(changed.hash)) as HumanMessage[])[100]?.content).toBe("another text");
  expect(((await store.get(hash)) as HumanMessage[])[100]?.content).toBe("text 100");

  (read[200] as HumanMessage).additional_kwargs.seen = true;
  const seen = await store.put(read, known);
  expect(((await store.get(seen.hash)) as HumanMessage[])[200]?.additional_kwargs).toEqual({ seen: true });
});

test("two reads of a long conversation never share a message", async () => {
  const store = createStore();
  const list = Array.from(
    { length: 64 },
    (_, i) => new AIMessage({ id: String(i), content: "x", additional_kwargs: { tags: ["a"] } }),
  );
  const { hash } = await store.put(list);
  const [first, second] = [await store.get(hash), await store.get(hash)] as AIMessage[][];
  const mine = first?.[0] as AIMessage;
  mine.content = "mine";
  (mine.additional_kwargs.tags as string[]).push("b");
  expect(second?.[0]?.content).toBe("x");
  const third = (await store.get(hash)) as AIMessage[];
  expect([second, third].map((one) => one?.[0]?.additional_kwargs)).toEqual([
    { tags: ["a"] },
    { tags: ["a"] },
  ]);
});

test("appending to a long list writes about what was appended, not the list again", async () => {
  const store = createStore();
  const list = Array.from({ length: 5000 }, (_, index) => ({ id: index, text: "x".repeat(200) }));
  const whole = await store.put(list);
  expect(whole.written).toBeGreaterThan(1_000_000);
  const appended = await store.put([...list, { id: 5000, text: "y".repeat(200) }]);
  expect(appended.written).toBeLessThan(8_000);
  expect(await store.get(appended.hash)).toHaveLength(5001);
});

test("a record of objects is kept entry by entry", async () => {
  const store = createStore();
  const steps = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`s${i}`, { output: "x".repeat(5000) + i }]),
  );
  await store.put(steps);
  const next = await store.put({ ...steps, s7: { output: "done" } });
  expect(next.written).toBeLessThan(3_000);
  expect(await store.get(next.hash)).toEqual({ ...steps, s7: { output: "done" } });
});

test("two reads never share an object", async () => {
  const store = createStore();
  const { hash } = await store.put([{ a: 1 }]);
  const [first, second] = [await store.get(hash), await store.get(hash)] as { a: number }[][];
  (first?.[0] as { a: number }).a = 2;
  expect(second?.[0]?.a).toBe(1);
});

test("a lost content is an error, not an empty value", async () => {
  const store = createStore();
  const { hash } = await store.put([{ a: 1 }]);
  store.kept.delete([...store.kept.keys()].find((one) => one !== hash) ?? "");
  await expect(store.get(hash)).rejects.toThrow(/lost content/);
});
