import fc from "fast-check";
import { expect, test } from "vitest";
import type { Analysis } from "../../src/models/offline-analyses.ts";
import {
  joinRules,
  nameSteps,
  parseRule,
  putSteps,
  renameSteps,
  stepsNamedIn,
  toRule,
} from "../../src/models/offline-late-rules.ts";

const rules: [rule: string, analysis: Analysis][] = [
  ["one paragraph on each file read in s1 to s3", { is: "summary", object: "" }],
  [
    "bullet points on each file read in s1 to s3, in at most 2 sentences",
    { is: "summary", object: "", sentences: 2, hasBullets: true },
  ],
  ["the text of each file read in s1 to s3, under its path", { is: "text", object: "" }],
  [
    "the number of lines and words of each file counted in s1 to s3, with a total",
    { is: "counts", object: "", units: ["lines", "words"] },
  ],
  [
    "every line with “a to b” found in s1 to s3, with its file and line number",
    { is: "hits", object: "", query: "a to b", wants: "lines" },
  ],
  ["the files in which “x” was found in s1 to s3", { is: "hits", object: "", query: "x", wants: "files" }],
  ["how many lines with “x” were found in s1 to s3", { is: "hits", object: "", query: "x", wants: "number" }],
  [
    "the list of markdown files in notes, from s1 to s3",
    { is: "listing", object: "markdown files in notes" },
  ],
  [
    "the number of files in the list of every file, from s1 to s3",
    { is: "listing", object: "every file", isCount: true },
  ],
  [
    "the total and average of “amount” by “kind”, from the rows read in s1 to s3",
    { is: "figures", object: "", names: ["total", "average"], column: "amount", by: "kind" },
  ],
  [
    "the median of the numbers, from the rows read in s1 to s3",
    { is: "figures", object: "", names: ["median"] },
  ],
  [
    "which file has the fewest words, from s1 to s3",
    { is: "extreme", object: "", isMost: false, unit: "words" },
  ],
];

test.each(rules)("is read back as it was meant: %s", (rule, analysis) => {
  expect(toRule(analysis, ["s1", "s2", "s3"])).toBe(rule);
  const [parsed, ...rest] = parseRule(rule);
  expect(rest).toEqual([]);
  const object = analysis.is === "listing" ? analysis.object : expect.any(String);
  expect(parsed?.analysis).toEqual({ ...analysis, object });
});

test("steps are named shortly and found again, in whatever order the plan shows them", () => {
  const some = fc
    .uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1 })
    .map((numbers) => numbers.sort((a, b) => a - b).map((n) => `s${n}`));
  const all = Array.from({ length: 30 }, (_, n) => `s${n + 1}`);
  fc.assert(
    fc.property(some, fc.shuffledSubarray(all, { minLength: 30 }), (ids, shown) => {
      const rule = `one paragraph on each file read in ${nameSteps(ids)}`;
      expect(new Set(stepsNamedIn(rule, shown))).toEqual(new Set(ids));
      expect(parseRule(rule)[0]?.analysis?.is).toBe("summary");
    }),
  );
});

test("a rule forgets the steps that are gone, and goes with the last of them", () => {
  const ids = ["s1", "s2", "s3", "s4"];
  const rule = joinRules([
    "one paragraph on each file read in s1 to s3",
    "how many lines with “x” were found in s4",
  ]);
  expect(renameSteps(rule, ids, new Set(["s1", "s3", "s4"]))).toBe(
    "one paragraph on each file read in s1 and s3; then how many lines with “x” were found in s4",
  );
  expect(renameSteps(rule, ids, new Set(["s1", "s2", "s3"]))).toBe(
    "one paragraph on each file read in s1 to s3",
  );
  expect(renameSteps(rule, ids, new Set())).toBeUndefined();
  expect(putSteps("one paragraph on each file read in s1", ["s1", "s5"])).toBe(
    "one paragraph on each file read in s1 and s5",
  );
});

test("ids of other shapes are found by their place", () => {
  expect(stepsNamedIn("a summary from read-1 to read-3", ["read-1", "read-2", "read-3", "w-1"])).toEqual([
    "read-1",
    "read-2",
    "read-3",
  ]);
});
