import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { JsonPlusSerializer } from "@langchain/langgraph-checkpoint";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeContent, loadContents } from "../../src/core/contents.ts";

const serde = new JsonPlusSerializer();

/** A store of contents that counts what is new to it. */
function createStore() {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    async put(value: unknown): Promise<{ hash: string; written: number }> {
      const { hash, contents } = await encodeContent(serde, value);
      const fresh = contents.filter((content) => !kept.has(content.hash));
      for (const content of fresh) kept.set(content.hash, content.bytes);
      return { hash, written: fresh.reduce((sum, { bytes }) => sum + bytes.length, 0) };
    },
    async get(hash: string): Promise<unknown> {
      const decode = await loadContents(serde, [hash], async (hashes) => {
        return new Map(hashes.flatMap((one) => (kept.has(one) ? [[one, kept.get(one) as Uint8Array]] : [])));
      });
      return decode(hash);
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
