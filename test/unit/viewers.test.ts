import { expect, test } from "vitest";
import type { Notifier } from "../../src/core/ports.ts";
import { parseWord, toWords } from "../../src/core/viewer-news.ts";
import { createViewers } from "../../src/core/viewers.ts";

const ana = { id: "ana", verified: true };
const ben = { id: "ben", verified: true };

/** Processes that hear each other; `lost` words reach nobody. */
function createWire() {
  const ears = new Map<string, Set<(word: string) => void>>();
  const wire = {
    isLost: false,
    said: [] as string[],
    of(self: string): Notifier {
      return {
        notify() {},
        listen: () => () => {},
        wordBytes: 500,
        async say(words) {
          if (wire.isLost) return;
          wire.said.push(...words);
          for (const [other, heard] of ears) {
            if (other !== self) for (const word of words) for (const hear of heard) hear(word);
          }
        },
        hear(onWord) {
          const heard = ears.get(self) ?? new Set();
          ears.set(self, heard.add(onWord));
          return () => heard.delete(onWord);
        },
      };
    },
  };
  return wire;
}

test("who has a thread open twice is there once, until both are closed; closing again closes nothing else", () => {
  let at = 1_000;
  const viewers = createViewers(undefined, { self: "a", now: () => at });
  const first = viewers.watch("t", ana);
  at = 2_000;
  const second = viewers.watch("t", ana);
  const other = viewers.watch("t", ben);
  const both = [
    { ...ana, since: 1_000 },
    { ...ben, since: 2_000 },
  ];
  expect(viewers.list("t")).toEqual(both);
  first();
  first();
  expect(viewers.list("t")).toEqual(both);
  second();
  expect(viewers.list("t")).toEqual([{ ...ben, since: 2_000 }]);
  other();
  at = 3_000;
  viewers.watch("t", ana);
  expect(viewers.list("t")).toEqual([{ ...ana, since: 3_000 }]);
  expect(viewers.list("u")).toEqual([]);
});

test("a name that is claimed is not the same one that is vouched for", () => {
  const viewers = createViewers(undefined, { self: "a", now: () => 1 });
  viewers.watch("t", ana);
  viewers.watch("t", { ...ana, verified: false });
  expect(viewers.list("t")).toHaveLength(2);
});

test("processes tell each other who comes and goes; what is not told again is forgotten", async () => {
  const wire = createWire();
  const clock = { a: 1_000, b: 5_000 };
  const a = createViewers(wire.of("a"), { self: "a", now: () => clock.a });
  const b = createViewers(wire.of("b"), { self: "b", now: () => clock.b });
  const leave = a.watch("t", ana);
  b.watch("t", ben);
  const both = [
    { ...ana, since: 1_000 },
    { ...ben, since: 5_000 },
  ];
  await expect.poll(() => b.list("t"), { interval: 5 }).toEqual(both);
  await expect.poll(() => a.list("t"), { interval: 5 }).toEqual(both);
  // Elsewhere too, and one person all the same.
  b.watch("t", ana);
  expect(b.list("t")).toEqual(both);
  leave();
  await expect
    .poll(() => b.list("t"), { interval: 5 })
    .toEqual([
      { ...ben, since: 5_000 },
      { ...ana, since: 5_000 },
    ]);
  clock.a += 60_000;
  expect(a.list("t")).toEqual([]);
  await a.stop();
  await b.stop();
});

test("a process that stops says so; after that it tells and hears nothing", async () => {
  const wire = createWire();
  const a = createViewers(wire.of("a"), { self: "a", now: () => 1 });
  const b = createViewers(wire.of("b"), { self: "b", now: () => 1 });
  const leave = a.watch("t", ana);
  await expect.poll(() => b.list("t"), { interval: 5 }).toHaveLength(1);
  await a.stop();
  expect(b.list("t")).toEqual([]);
  leave();
  const said = wire.said.length;
  b.watch("t", ben);
  await expect.poll(() => wire.said.length, { interval: 5 }).toBe(said + 1);
  expect(a.list("t")).toEqual([]);
  await b.stop();
});

test("news fit into words of the length that there is, none torn; a name that never fits is left out", () => {
  const news = Array.from({ length: 60 }, (_, n) => [`thread ${n}`, "ü".repeat(n), true, n] as const);
  const words = toWords("a", [...news, ["t", "x".repeat(600), true, 1]] as never, 500);
  for (const word of words) expect(Buffer.byteLength(word)).toBeLessThanOrEqual(500);
  expect(words.length).toBeLessThan(20);
  expect(words.flatMap((word) => parseWord(word)?.news)).toEqual(news);
  expect(toWords("a", [], 500)).toEqual([]);
});

test("words that are about something else, or no JSON, are passed over", () => {
  for (const word of ["", "{", "7", '{"kind":"other","from":"a"}', '{"kind":"viewers"}'])
    expect(parseWord(word)).toBeUndefined();
  const odd = { kind: "viewers", from: "a", news: [["t", "ana", true, 1], ["t"], 7, ["t", "x", 1, 1]] };
  expect(parseWord(JSON.stringify(odd))?.news).toEqual([["t", "ana", true, 1]]);
});
