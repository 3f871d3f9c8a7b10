import { createTwoFilesPatch } from "diff";
import { expect, test } from "vitest";
import { toDiffRows } from "../../src/react/diff-rows.ts";
import { findInRows, toRows } from "../../src/react/find-in-rows.ts";
import { kindOf } from "../../src/react/output-kind.ts";
import { effectOfStep, mediaOfStep, toOutputText } from "../../src/react/steps.ts";

test.each([
  ["json", '{"a": [1, 2]}'],
  ["json", "[\n  1\n]\n"],
  ["text", "[info] started\n[info] stopped"],
  ["text", "{not json}"],
  ["text", "42"],
  ["diff", createTwoFilesPatch("a", "b", "one\n", "two\n")],
  ["diff", `Wrote 3 lines.\n${createTwoFilesPatch("a", "b", "one\n", "two\n")}`],
  ["markdown", "# Title\n\nSome words.\n"],
  ["markdown", "| a | b |\n|---|---|\n| 1 | 2 |\n"],
  ["markdown", "Look:\n\n```js\n1\n```\n"],
  ["markdown", "- **one** [a](https://example.org)\n- two\n"],
  ["text", "# comment\nimport os\n\nprint(1)\n"],
  ["text", "- one\n- two"],
  ["text", "README.md\ntodo.md"],
])("an output is taken for %s only when it is: %j", (kind, text) => {
  expect(kindOf(text)).toBe(kind);
});

test("a diff's lines have their signs and their numbers before and after, whatever they begin with", () => {
  const before = "same\n-- gone\nkept\n";
  const after = "same\nkept\n++ new\n";
  const rows = toDiffRows(`Changed it.\n${createTwoFilesPatch("a.sql", "a.sql", before, after)}`);
  expect(rows.filter(({ kind }) => !["text", "file"].includes(kind))).toEqual([
    { kind: "hunk", text: "@@ -1,3 +1,3 @@" },
    { kind: "same", text: "same", before: 1, after: 1 },
    { kind: "removed", text: "-- gone", before: 2 },
    { kind: "same", text: "kept", before: 3, after: 2 },
    { kind: "added", text: "++ new", after: 3 },
  ]);
  expect(rows[0]).toEqual({ kind: "text", text: "Changed it." });
});

test("what is looked for is found in whatever case, every time, and its signs mean nothing", () => {
  const rows = ["A.b a.B", "aXb", "", "x a.b"];
  expect(findInRows(rows, "a.b")).toEqual([
    { row: 0, at: 0, length: 3 },
    { row: 0, at: 4, length: 3 },
    { row: 3, at: 2, length: 3 },
  ]);
  expect(findInRows(rows, "")).toEqual([]);
  expect(findInRows(["(", "[a-z]+*?"], "[a-z]+*?")).toHaveLength(1);
});

test("a long line becomes rows that are light, and no character of it is lost", () => {
  const text = `short\n${"x".repeat(5_000)}\nend`;
  const rows = toRows(text);
  expect(rows.map(({ line }) => line)).toEqual([1, 2, null, null, 3]);
  expect(Math.max(...rows.map((row) => row.text.length))).toBeLessThan(2_001);
  expect(rows.map((row) => row.text).join("")).toBe(text.replaceAll("\n", ""));
});

test("the whole of a step's output is looked up under the call that made it; before one there is none", () => {
  expect(effectOfStep("d", "s1", { status: "done", tries: 2 })).toBe("d/s1/2");
  expect(effectOfStep("d", "s1", { status: "waiting" })).toBeUndefined();
  expect(toOutputText({ a: 1 })).toBe('{"a":1}');
  expect(toOutputText("plain")).toBe("plain");
  const media = [{ type: "image", mime_type: "image/png", data: "AAAA" }, { type: "image" }, "junk"];
  expect(mediaOfStep({ status: "done", media } as never)).toMatchObject([
    { kind: "image", mimeType: "image/png" },
  ]);
});
