import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { applyPatch, parsePatch } from "diff";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withDiff } from "../../src/tools/files-diff.ts";
import { type FilesFixture, openFiles } from "./tools-files-support.ts";

let files: FilesFixture;

beforeEach(async () => {
  files = await openFiles(true);
});
afterEach(() => files.close());

async function ok(name: string, args: Record<string, unknown>): Promise<string> {
  const { text, isError } = await files.call(name, args);
  expect(isError, text).toBe(false);
  return text;
}

const put = (path: string, content: string | Buffer) => writeFile(join(files.root, path), content);
const patchIn = (text: string) => text.slice(text.indexOf("\n\n") + 2);

test("a new file, a replaced one and a longer one each come with what changed, behind a line of words", async () => {
  expect(await ok("write_file", { path: "n/a.txt", content: "one\ntwo\nthree\nfour\nfive\nsix\n" })).toBe(
    `Wrote n/a.txt (28 bytes).

--- /dev/null
+++ b/n/a.txt
@@ -0,0 +1,6 @@
+one
+two
+three
+four
+five
+six`,
  );
  const content = "one\ntwo\nthree\nfour\n5\nsix\n";
  expect(await ok("replace_file", { path: "n/a.txt", content })).toBe(
    `Replaced n/a.txt (25 bytes, before: 28 bytes).

--- a/n/a.txt
+++ b/n/a.txt
@@ -2,5 +2,5 @@
 two
 three
 four
-five
+5
 six`,
  );
  expect(await ok("append_file", { path: "n/a.txt", content: "seven" })).toBe(
    `Appended 5 bytes to n/a.txt (now 30 bytes).

--- a/n/a.txt
+++ b/n/a.txt
@@ -4,3 +4,4 @@
 four
 5
 six
+seven
\\ No newline at end of file`,
  );
  expect(patchIn(await ok("append_file", { path: "n/a.txt", content: "eight\n" }))).toBe(
    `--- a/n/a.txt
+++ b/n/a.txt
@@ -5,3 +5,4 @@
 5
 six
-seven
\\ No newline at end of file
+seven
+eight`,
  );
});

test("where nothing changed, there are words alone", async () => {
  await put("a.txt", "same\n");
  expect(await ok("replace_file", { path: "a.txt", content: "same\n" })).not.toContain("\n");
  expect(await ok("append_file", { path: "a.txt", content: "" })).not.toContain("\n");
  expect(await ok("write_file", { path: "empty.txt", content: "" })).toBe("Wrote empty.txt (0 bytes).");
  expect(await ok("write_file", { path: "empty.txt", content: "" })).not.toContain("---");
});

test("where there is no diff, it says why, and the file is written all the same", async () => {
  await put("a.bin", Buffer.from([0, 1, 2]));
  expect(await ok("append_file", { path: "a.bin", content: "x" })).toContain(
    "[no diff: what is before it is not text]",
  );
  expect(await ok("replace_file", { path: "a.bin", content: "x" })).toContain(
    "[no diff: what was in it is not text]",
  );
  await put("big.txt", "x\n".repeat(600_000));
  expect(await ok("replace_file", { path: "big.txt", content: "x" })).toContain(
    "[no diff: what was in it is over 1 MiB",
  );
  await put("line.txt", "x".repeat(10_000));
  expect(await ok("append_file", { path: "line.txt", content: "y" })).toContain(
    "the line before it is very long",
  );
  await put("lines.txt", "x\n".repeat(60_000));
  expect(await ok("replace_file", { path: "lines.txt", content: "y\n".repeat(60_000) })).toContain(
    "[no diff: more than 100000 lines to compare]",
  );
  const numbers = (from: number) => Array.from({ length: 5_000 }, (_, at) => `${from + at}\n`).join("");
  await put("other.txt", numbers(0));
  expect(await ok("replace_file", { path: "other.txt", content: numbers(50_000) })).toContain(
    "[no diff: more than 400 lines differ]",
  );
  expect(await readFile(join(files.root, "other.txt"), "utf8")).toBe(numbers(50_000));
});

test("a long diff is cut, says so, and is still a diff that can be read", async () => {
  const lines = Array.from({ length: 1_000 }, (_, at) => `line ${at}`).join("\n");
  const told = await ok("write_file", { path: "long.txt", content: lines });
  expect(told.split("\n").at(-1)).toBe("[cut: 200 of 1001 lines of the diff]");
  const [patch] = parsePatch(patchIn(told).split("\n[")[0] ?? "");
  expect(patch?.hunks.map(({ oldLines, newLines, lines: all }) => [oldLines, newLines, all.length])).toEqual([
    [0, 200, 200],
  ]);
  const wide = await ok("write_file", { path: "wide.txt", content: `${"x".repeat(1_000_000)}\nend\n` });
  expect(wide.length).toBeLessThan(1_000);
  expect(wide.split("\n").slice(-2)).toEqual(["+end", "[cut: lines of more than 400 characters]"]);
  const many = await ok("write_file", { path: "many.txt", content: `${"y".repeat(300)}\n`.repeat(500) });
  expect(many.length).toBeLessThan(17_000);
  expect(many).toMatch(/\[cut: 53 of 500 lines of the diff\]$/);
});

test("applied to what was there, it gives what is there", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "  c", "", "-d", "+e", "--- f", "\\ g", "ü"), { maxLength: 12 })
    .chain((lines) =>
      fc.constantFrom("\n", "").map((end) => lines.join("\n") + (lines.length > 0 ? end : "")),
    );
  fc.assert(
    fc.property(text, text, (before, content) => {
      const replaced = withDiff("Words.", {
        path: "p",
        is: "replaced",
        content,
        before: Buffer.from(before),
      });
      if (before === content) expect(replaced).toBe("Words.");
      else expect(applyPatch(before, patchIn(`${replaced}\n`))).toBe(content);
      const needsBreak = before !== "" && !before.endsWith("\n");
      const after = before + (needsBreak ? "\n" : "") + content;
      const longer = withDiff("Words.", { path: "p", is: "longer", content, before: Buffer.from(before) });
      if (before === after) expect(longer).toBe("Words.");
      else expect(applyPatch(before, patchIn(`${longer}\n`))).toBe(after);
    }),
    { numRuns: 2_000 },
  );
});
