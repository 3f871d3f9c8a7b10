import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, test } from "vitest";
import { createMatcher } from "../../src/tools/files-match.ts";
import { streamReports } from "../../src/tools/progress.ts";
import { toResultText } from "../../src/tools/result-text.ts";
import { createNames } from "../../src/tools/tool-names.ts";

describe("names of tools", () => {
  test("the first server keeps its names, a later one is prefixed, and no two are the same", () => {
    const nameOf = createNames();
    expect(nameOf("a", "read_file")).toBe("read_file");
    expect(nameOf("b", "read_file")).toBe("b__read_file");
    expect(nameOf("b", "read_file")).toBe("b__read_file_2");
    expect(nameOf("c", "b__read_file")).toBe("c__b__read_file");
  });

  test("every name is one that models take", () => {
    const nameOf = createNames();
    const names = [
      nameOf("a", "odd name/with.things"),
      nameOf("a", "odd.name.with.things"),
      nameOf("ü", "odd_name_with_things"),
      nameOf("a", "x".repeat(100)),
      nameOf("b", "x".repeat(100)),
      nameOf("b", "x".repeat(100)),
      nameOf("a", ""),
    ];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  });
});

describe("globs", () => {
  test.each<[pattern: string, path: string, matches: boolean]>([
    ["*.md", "a.md", true],
    ["*.md", "deep/in/a.MD", true],
    ["*.md", "a.md.txt", false],
    ["notes/*.md", "notes/a.md", true],
    ["notes/*.md", "notes/deep/a.md", false],
    ["notes/**", "notes/deep/a.md", true],
    ["**/a.md", "a.md", true],
    ["**/deep/**/a.md", "x/deep/y/z/a.md", true],
    ["**", "anything/at/all", true],
    ["?.md", "ab.md", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["*.{md,txt}", "x.txt", true],
    ["*.{md,txt}", "x.csv", false],
    ["a+(b).md", "x a+(b).md", true],
    ["É*", "été.txt", true],
    ["E\u0301*", "\u00e9t\u00e9.txt", true],
  ])("%s on %s: %s", (pattern, path, matches) => {
    expect(createMatcher(pattern)(path)).toBe(matches);
  });

  test("a pattern made to take for ever does not", () => {
    const matches = createMatcher(`${"*a".repeat(120)}*b`);
    expect(matches("a".repeat(1_000))).toBe(false);
    expect(createMatcher(`${"**/a/".repeat(50)}b`)("a/".repeat(500))).toBe(false);
  });
});

describe("results as text", () => {
  const textOf = (result: Partial<CallToolResult>) => toResultText({ content: [], ...result });

  test("texts are joined; what is not text is described, its bytes counted", () => {
    const data = (bytes: number) => Buffer.alloc(bytes).toString("base64");
    expect(
      textOf({
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
          { type: "image", mimeType: "image/png", data: data(12_345) },
          { type: "audio", mimeType: "audio/wav", data: data(10) },
          { type: "resource", resource: { uri: "db:1", mimeType: "application/zip", blob: data(2_500_000) } },
          { type: "resource", resource: { uri: "memo:1", text: "a memo" } },
          { type: "resource_link", uri: "file:///a.md", name: "a.md", mimeType: "text/markdown" },
        ],
      }),
    ).toBe(
      [
        "one",
        "two",
        "[image image/png, 12 kB]",
        "[audio audio/wav, 10 bytes]",
        "[resource db:1 application/zip, 2.5 MB]",
        "[resource memo:1]\na memo",
        "[link file:///a.md text/markdown: a.md]",
      ].join("\n"),
    );
  });

  test("structured content speaks for itself when there is nothing else", () => {
    expect(textOf({ structuredContent: { total: 3 } })).toBe('{"total":3}');
    expect(textOf({})).toBe("");
  });
});

describe("streamReports", () => {
  test("reports come in order, also those made before the reader looks, then the result", async () => {
    let finish = () => {};
    const stream = streamReports<string>(async (report) => {
      report("1");
      report("2");
      await new Promise<void>((resolve) => (finish = resolve));
      report("3");
      return "done";
    });
    expect(await stream.next()).toEqual({ done: false, value: "1" });
    expect(await stream.next()).toEqual({ done: false, value: "2" });
    const next = stream.next();
    finish();
    expect(await next).toEqual({ done: false, value: "3" });
    expect(await stream.next()).toEqual({ done: true, value: "done" });
  });

  test("a failure comes after the reports, and is nobody's unhandled rejection while the reader is busy", async () => {
    const stream = streamReports(async (report) => {
      report("1");
      throw new Error("broken");
    });
    expect(await stream.next()).toEqual({ done: false, value: "1" });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(stream.next()).rejects.toThrow("broken");
  });

  test("a reader that is far behind loses the oldest reports, not the newest", async () => {
    const stream = streamReports(async (report) => {
      for (let number = 0; number < 3_000; number++) report(String(number));
      return "done";
    });
    const seen: string[] = [];
    for await (const text of stream) seen.push(text);
    expect(seen).toHaveLength(1_000);
    expect(seen.at(-1)).toBe("2999");
  });
});
