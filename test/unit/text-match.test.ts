import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTextMatcher } from "../../src/core/text-match.ts";

/** What of the snippet is the hit. */
function hitOf(query: string, text: string): string | undefined {
  const found = createTextMatcher(query).find(text);
  return found?.snippet.slice(...found.match);
}

test.each([
  ["hello", "Say HELLO twice", "HELLO"],
  ["ÜBER", "alles über alles", "über"],
  ["ΣΊΣΥΦΟΣ", "ο Σίσυφος", "Σίσυφος"],
  ["ЁЛКА", "одна ёлка", "ёлка"],
  ["caf\u00e9", "CAFE\u0301 noir", "CAF\u00c9"],
  ["cafe\u0301", "caf\u00e9 noir", "caf\u00e9"],
  ["two  words", "two\n\t words", "two words"],
  [" trimmed ", "it is trimmed.", "trimmed"],
  ["a.b*(c)[d]{1}|^$\\?+/", "x a.b*(c)[d]{1}|^$\\?+/ y", "a.b*(c)[d]{1}|^$\\?+/"],
  ['"quoted" \\n', 'a "quoted" \\n b', '"quoted" \\n'],
  ["😀", "so 😀 it is", "😀"],
])("%j is found in %j", (query, text, hit) => {
  expect(hitOf(query, text)).toBe(hit);
});

test.each([
  ["a.c", "abc"],
  ["twowords", "two words"],
  ["two words", "twowords"],
  ["cafe", "caf\u00e9"],
])("%j is not found in %j", (query, text) => {
  expect(createTextMatcher(query).find(text)).toBeUndefined();
});

test("a snippet is the hit with what is around it on one line, some 160 characters, and says where it was cut", () => {
  const { find } = createTextMatcher("needle");
  expect(find("  a\n\n needle\tb ")).toEqual({ snippet: "a needle b", match: [2, 8] });
  const long = (count: number) => "hay ".repeat(count);
  for (const [before, after] of [
    [500, 500],
    [0, 500],
    [500, 0],
    [10, 500],
  ] as const) {
    const { snippet, match } = find(`${long(before)}needle ${long(after)}`) as never as {
      snippet: string;
      match: [number, number];
    };
    expect(snippet.slice(...match)).toBe("needle");
    expect(snippet.length).toBeGreaterThan(150);
    expect(snippet.length).toBeLessThanOrEqual(162);
    expect([snippet.startsWith("…"), snippet.endsWith("…")]).toEqual([before > 100, after > 100]);
  }
});

test("a snippet never begins or ends in the middle of a character", () => {
  for (let shift = 0; shift < 4; shift += 1) {
    const text = `${"x".repeat(shift)}${"😀".repeat(200)}needle${"😀".repeat(200)}`;
    const { snippet } = createTextMatcher("needle").find(text) as { snippet: string };
    expect(snippet).toMatch(/^…[😀x]+needle[😀]+…$/u);
  }
});

test("the first hit of a text counts", () => {
  expect(createTextMatcher("a").find("bab")?.match).toEqual([1, 2]);
});

test("whatever is found in a text may be in its JSON", async () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3 }),
    fc.constantFrom(
      "\n",
      " ",
      "\t\n",
      "\\n",
      '"',
      "é",
      "e\u0301",
      "\u0301",
      "\u000b",
      "\u2028",
      "ß",
      "\u0000",
    ),
  );
  const texts = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(texts, texts, texts, fc.boolean(), async (before, query, after, isLoud) => {
      fc.pre(query.trim() !== "");
      const text = `${before}${isLoud ? query.toUpperCase() : query}${after}`;
      const matcher = createTextMatcher(query);
      if (matcher.find(text)) expect(matcher.mayBeIn(JSON.stringify({ content: text }))).toBe(true);
    }),
    { numRuns: 200 },
  );
});
