import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { DataSerializer } from "../../src/core/serializer.ts";

const through = async <T>(value: T): Promise<T> => {
  const serializer = new DataSerializer();
  const [type, data] = await serializer.dumpsTyped(value);
  return (await serializer.loadsTyped(type, data)) as T;
};

const lookalikes = {
  "of no class": { lc: 1, type: "constructor", id: ["x"], kwargs: {} },
  "of a message": {
    lc: 1,
    type: "constructor",
    id: ["langchain_core", "messages", "HumanMessage"],
    kwargs: { content: "hi" },
  },
  "of a set": { lc: 2, type: "constructor", id: ["Set"], args: [["a"]] },
  "of an error": { lc: 2, type: "constructor", id: ["Error"], kwargs: { message: "a" } },
  "of undefined": { lc: 2, type: "undefined" },
  "of a secret": { lc: 1, type: "secret", id: ["HOME"] },
  "nested in another": { lc: 1, type: "constructor", id: ["x"], kwargs: { a: { lc: 2, type: "undefined" } } },
  "marked already, as LangChain does": { __lc_escaped__: { lc: 1, type: "constructor", id: ["x"] } },
  "marked already, as here": { "countersign:json": '{"lc":1}', lc: 1 },
  "which is the mark": { "countersign:json": "{}" },
};

for (const [name, record] of Object.entries(lookalikes)) {
  test(`data that looks like an object, ${name}, comes back as the data it is`, async () => {
    expect(await through({ plan: { args: [record, "more"] } })).toEqual({ plan: { args: [record, "more"] } });
    expect(await through(record)).toEqual(record);
    const message = new AIMessage({
      id: "m",
      content: [{ type: "text", text: "x", extras: record } as never],
      tool_calls: [{ id: "c", name: "buy", args: { text: record } }],
      additional_kwargs: { record },
    });
    for (const back of [await through(message), (await through([message]))[0]]) {
      expect(back).toBeInstanceOf(AIMessage);
      expect(back?.tool_calls).toEqual(message.tool_calls);
      expect(back?.additional_kwargs).toEqual(message.additional_kwargs);
      expect(back?.content).toEqual(message.content);
    }
  });
}

test("objects of the engine's own are read as what they were", async () => {
  const value = {
    said: new HumanMessage("hi"),
    names: new Set(["a"]),
    by: new Map([["a", 1]]),
    none: undefined,
  };
  const back = await through(value);
  expect(back.said).toBeInstanceOf(HumanMessage);
  expect(back.names).toEqual(value.names);
  expect(back.by).toEqual(value.by);
  expect(await through([{ lc: 1 }, new HumanMessage("hi"), new Set([1])])).toEqual([
    { lc: 1 },
    expect.any(HumanMessage),
    new Set([1]),
  ]);
});
