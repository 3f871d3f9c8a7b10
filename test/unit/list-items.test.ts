import { HumanMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { encodeContent } from "../../src/core/contents.ts";
import { itemsFromEnd } from "../../src/core/list-items.ts";
import { DataSerializer } from "../../src/core/serializer.ts";

/** A stored value, and how much of it was read. */
async function store(value: unknown) {
  const { hash, contents } = await encodeContent(new DataSerializer(), value);
  const kept = new Map(contents.map((one) => [one.hash, one.bytes]));
  let reads = 0;
  return {
    hash,
    kept,
    reads: () => reads,
    async load(hashes: string[]) {
      reads += hashes.length;
      return new Map(hashes.flatMap((one) => (kept.has(one) ? [[one, kept.get(one) as Uint8Array]] : [])));
    },
  };
}

const listOf = (length: number) =>
  Array.from({ length }, (_, n) => new HumanMessage({ id: `${n}`, content: "x" }));

async function places(
  items: AsyncIterable<{ place: number; hash: string }[]>,
  kept: Map<string, Uint8Array>,
) {
  const found: [number, string | undefined][] = [];
  for await (const page of items) {
    for (const { place, hash } of page)
      found.push([place, /"id":"(\d+)"/.exec(Buffer.from(kept.get(hash) ?? []).toString())?.[1]]);
  }
  return found;
}

test.each([1, 2, 63, 64, 65, 128, 4096, 4097])(
  "a list of %i items is read from its end, each with its place, and from any place on",
  async (length) => {
    const { hash, kept, load } = await store(listOf(length));
    const all = Array.from({ length }, (_, n) => [n, `${n}`]).reverse();
    expect(await places(itemsFromEnd(hash, load), kept)).toEqual(all);
    for (const before of [0, 1, 63, 64, 65, length - 1, length, length + 5]) {
      const below = all.filter(([place]) => Number(place) < before);
      expect(await places(itemsFromEnd(hash, load, before), kept)).toEqual(below);
    }
  },
);

test("the newest of a long list cost no more than the way to them", async () => {
  const { hash, load, reads } = await store(listOf(10_000));
  const { value } = await itemsFromEnd(hash, load).next();
  expect(value?.[0]?.place).toBe(9_999);
  expect(reads()).toBeLessThanOrEqual(4);
});

test("what is no list has no items, and what the store has no more is passed over", async () => {
  for (const value of ["text", [], { a: { b: 1 } }, 7]) {
    const { hash, kept, load } = await store(value);
    expect(await places(itemsFromEnd(hash, load), kept)).toEqual([]);
  }
  const { hash, kept, load } = await store(listOf(200));
  kept.delete(hash);
  expect(await places(itemsFromEnd(hash, load), kept)).toEqual([]);
});
