import { execFileSync } from "node:child_process";
import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FilesFixture, openFiles, waysToHold } from "./tools-files-support.ts";

describe.each(waysToHold)("countersign-files, directories %s", (_, byDescriptor) => {
  let files: FilesFixture;

  beforeEach(async () => {
    files = await openFiles(byDescriptor);
  });
  afterEach(() => files.close());

  const put = async (path: string, content: string | Buffer) => {
    await mkdir(join(files.root, path, ".."), { recursive: true });
    await writeFile(join(files.root, path), content);
  };
  const get = (path: string) => readFile(join(files.root, path), "utf8");
  const ok = async (name: string, args: Record<string, unknown>) => {
    const { text, isError } = await files.call(name, args);
    expect({ text, isError }).toEqual({ text, isError: false });
    return text;
  };
  const refused = async (name: string, args: Record<string, unknown>) => {
    const { text, isError } = await files.call(name, args);
    expect({ text, isError }).toEqual({ text, isError: true });
    expect(text).not.toContain(files.outside);
    expect(text).not.toContain("/proc/");
    return text;
  };

  describe("list_files", () => {
    test("lists everything sorted, hidden entries too, and shows links without following them", async () => {
      await put("b.txt", "12345");
      await put("a/z.txt", "1");
      await put("a/.hidden", "");
      await put("a-b.txt", "");
      await mkdir(join(files.root, "a/empty"));
      await symlink(files.outside, join(files.root, "way-out"));
      expect(await ok("list_files", {})).toBe(
        [
          "a-b.txt (0 bytes)",
          "a/",
          "a/.hidden (0 bytes)",
          "a/empty/",
          "a/z.txt (1 byte)",
          "b.txt (5 bytes)",
          "way-out (symbolic link, not followed)",
        ].join("\n"),
      );
    });

    test("can look at one directory, not below, and at one file", async () => {
      await put("notes/deep/x.txt", "x");
      await put("notes/y.txt", "yy");
      expect(await ok("list_files", { path: "notes", recursive: false })).toBe(
        "notes/deep/\nnotes/y.txt (2 bytes)",
      );
      expect(await ok("list_files", { path: "./notes//y.txt" })).toBe("notes/y.txt (2 bytes)");
    });

    test("says so when there is nothing, and when there is no such directory", async () => {
      expect(await ok("list_files", {})).toBe("(empty)");
      expect(await refused("list_files", { path: "nowhere" })).toBe(
        "There is no nowhere in the workspace. Call list_files to see what there is.",
      );
    });

    test("stops after 2,000 entries and says so", async () => {
      await mkdir(join(files.root, "many"));
      await Promise.all(
        Array.from({ length: 2_001 }, (_unused, index) =>
          writeFile(join(files.root, "many", `${index}`), ""),
        ),
      );
      const lines = (await ok("list_files", { path: "many" })).split("\n");
      expect(lines).toHaveLength(2_001);
      expect(lines.at(-1)).toMatch(/^\(Cut after 2,000 entries\./);
    });

    test("a line break in a name does not look like a second entry", async () => {
      await put("one (1 bytes)\ntwo", "");
      expect((await ok("list_files", {})).split("\n")).toHaveLength(1);
    });
  });

  describe("find_files", () => {
    beforeEach(async () => {
      await put("notes/Meeting.md", "m");
      await put("notes/ideas.txt", "i");
      await put("README.md", "r");
    });

    test.each([
      ["meeting", ["notes/Meeting.md (1 byte)"]],
      ["NOTES/", ["notes/Meeting.md (1 byte)", "notes/ideas.txt (1 byte)"]],
      ["*.md", ["README.md (1 byte)", "notes/Meeting.md (1 byte)"]],
      ["**/m*", ["notes/Meeting.md (1 byte)"]],
      ["notes/*.{txt,csv}", ["notes/ideas.txt (1 byte)"]],
      ["notes", ["notes/", "notes/Meeting.md (1 byte)", "notes/ideas.txt (1 byte)"]],
      ["*.rs", ['No file matches "*.rs".']],
    ])("finds %s", async (name, lines) => {
      expect((await ok("find_files", { name })).split("\n")).toEqual(lines);
    });

    test("looks in one directory only when told so", async () => {
      expect(await ok("find_files", { name: "*.md", path: "notes" })).toBe("notes/Meeting.md (1 byte)");
    });
  });

  describe("read_file", () => {
    test("returns the text exactly, byte-order mark and line ends included", async () => {
      const text = "\uFEFFfirst\r\nsecond — ünï 🪴\n\n";
      await put("a.txt", text);
      expect(await ok("read_file", { path: "a.txt" })).toBe(text);
    });

    test.each([
      ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 0x41])],
      ["a NUL byte", Buffer.from("a\0b")],
    ])("refuses %s", async (_name, bytes) => {
      await put("b.bin", bytes);
      expect(await refused("read_file", { path: "b.bin" })).toMatch(
        /b\.bin is not text .*Choose a text file/,
      );
    });

    test("reads 1 MiB and refuses more", async () => {
      await put("full.txt", "x".repeat(1_048_576));
      await put("over.txt", "x".repeat(1_048_577));
      expect(await ok("read_file", { path: "full.txt" })).toHaveLength(1_048_576);
      expect(await refused("read_file", { path: "over.txt" })).toMatch(/over 1 MiB\. Use search_text/);
    });

    test("refuses a directory, a missing file, a file as a directory, and a pipe without waiting for it", async () => {
      await put("a.txt", "a");
      execFileSync("mkfifo", [join(files.root, "pipe")]);
      expect(await refused("read_file", { path: "." })).toMatch(/is the workspace itself/);
      await mkdir(join(files.root, "d"));
      expect(await refused("read_file", { path: "d" })).toMatch(/d is a directory/);
      expect(await refused("read_file", { path: "b.txt" })).toMatch(/There is no b\.txt/);
      expect(await refused("read_file", { path: "a.txt/b" })).toMatch(/A part of a\.txt\/b is a file/);
      expect(await refused("read_file", { path: "pipe" })).toMatch(/neither a file nor a directory/);
    });
  });

  describe("search_text", () => {
    beforeEach(async () => {
      await put("a.txt", "one\r\nTwo (2)\nthree");
      await put("sub/b.md", "two (2)\n");
    });

    test("finds a literal text in any case, with the line's number", async () => {
      expect(await ok("search_text", { query: "two (" })).toBe("a.txt:2: Two (2)\nsub/b.md:1: two (2)");
      expect(await ok("search_text", { query: "two", case_sensitive: true })).toBe("sub/b.md:1: two (2)");
      expect(await ok("search_text", { query: "t", path: "a.txt" })).toBe("a.txt:2: Two (2)\na.txt:3: three");
      expect(await ok("search_text", { query: ".*" })).toBe('No line contains ".*".');
    });

    test("passes over what is not text, and says how much that was", async () => {
      await put("c.bin", Buffer.from([0, 1]));
      await put("big.txt", "two ".repeat(300_000));
      expect(await ok("search_text", { query: "three" })).toBe(
        "a.txt:3: three\n(Not searched: 2 files, binary, unreadable or over 1 MiB.)",
      );
    });

    test("stops after 500 hits and shows only the part of a long line that matters", async () => {
      await put("hits.txt", "hit\n".repeat(501));
      const lines = (await ok("search_text", { query: "hit" })).split("\n");
      expect(lines).toHaveLength(501);
      expect(lines.at(-1)).toMatch(/^\(Cut after 500 hits/);
      await put("long.txt", `${"a".repeat(5_000)}needle${"b".repeat(5_000)}`);
      const [hit = ""] = (await ok("search_text", { query: "needle" })).split("\n");
      expect(hit).toMatch(/^long\.txt:1: …a+needleb+…$/);
      expect(hit.length).toBeLessThan(450);
    });

    test("refuses a query that no line can contain", async () => {
      expect(await refused("search_text", { query: "a\nb" })).toMatch(/A query is one line/);
      expect(await refused("search_text", { query: "" })).toMatch(/The query is empty/);
    });
  });

  test.each([
    ["", "0 lines, 0 words, 0 characters, 0 bytes"],
    ["one two\nthree", "2 lines, 3 words, 13 characters, 13 bytes"],
    ["grün 🪴\r\n", "1 line, 2 words, 8 characters, 12 bytes"],
  ])("count_text counts %j", async (content, counts) => {
    await put("notes/a.txt", content);
    expect(await ok("count_text", { path: "notes/a.txt" })).toBe(`notes/a.txt: ${counts}`);
  });

  describe("write_file", () => {
    test("creates a file and the directories on the way, and leaves no temporary file", async () => {
      expect(await ok("write_file", { path: "new/deep/a.md", content: "hällo" })).toMatch(
        /^Wrote new\/deep\/a\.md \(6 bytes\)\.$/m,
      );
      expect(await get("new/deep/a.md")).toBe("hällo");
      expect(await readdir(join(files.root, "new/deep"))).toEqual(["a.md"]);
    });

    test("done twice is done once; another text is never written over the first", async () => {
      await ok("write_file", { path: "a.md", content: "first" });
      expect(await ok("write_file", { path: "a.md", content: "first" })).toMatch(
        /has exactly this text already/,
      );
      expect(await refused("write_file", { path: "a.md", content: "second" })).toMatch(/Use replace_file/);
      expect(await get("a.md")).toBe("first");
      await mkdir(join(files.root, "d"));
      expect(await refused("write_file", { path: "d", content: "x" })).toMatch(/d is a directory/);
    });

    test("takes 1 MiB and refuses more, and half characters, before anything is made", async () => {
      await ok("write_file", { path: "full.txt", content: "x".repeat(1_048_576) });
      expect(await refused("write_file", { path: "n/a", content: "x".repeat(1_048_577) })).toMatch(
        /over 1 MiB/,
      );
      expect(await refused("write_file", { path: "n/a", content: "ü".repeat(600_000) })).toMatch(
        /over 1 MiB/,
      );
      expect(await refused("write_file", { path: "n/a", content: "a\uD800b" })).toMatch(/lone surrogate/);
      expect(await readdir(files.root)).toEqual(["full.txt"]);
    });

    test("an argument that it does not know is refused, not dropped", async () => {
      expect(await refused("write_file", { path: "a", content: "b", mode: "777" })).toMatch(/mode/);
      expect(await readdir(files.root)).toEqual([]);
    });
  });

  test("replace_file overwrites or creates, and keeps the file's permissions", async () => {
    await put("run.sh", "old text");
    await chmod(join(files.root, "run.sh"), 0o750);
    expect(await ok("replace_file", { path: "run.sh", content: "new" })).toMatch(
      /^Replaced run\.sh \(3 bytes, before: 8 bytes\)\.$/m,
    );
    expect(await get("run.sh")).toBe("new");
    expect((await stat(join(files.root, "run.sh"))).mode & 0o777).toBe(0o750);
    expect(await ok("replace_file", { path: "n/b.txt", content: "b" })).toMatch(
      /^Wrote n\/b\.txt \(1 byte\)\.$/m,
    );
    expect(await refused("replace_file", { path: "n", content: "x" })).toMatch(/n is a directory/);
  });

  describe("append_file", () => {
    test("adds on a line of its own, also when called twice, and creates what is missing", async () => {
      expect(await ok("append_file", { path: "log.txt", content: "one" })).toMatch(
        /^Appended 3 bytes to log\.txt \(now 3 bytes\)\.$/m,
      );
      expect(await ok("append_file", { path: "log.txt", content: "two\n" })).toMatch(
        /^Appended 4 bytes to log\.txt \(now 8 bytes\)\.$/m,
      );
      await ok("append_file", { path: "log.txt", content: "two\n" });
      expect(await get("log.txt")).toBe("one\ntwo\ntwo\n");
    });

    test("appends that come at once are all there", async () => {
      const lines = Array.from({ length: 40 }, (_unused, index) => `line ${index}`);
      await Promise.all(lines.map((line) => ok("append_file", { path: "log.txt", content: line })));
      expect((await get("log.txt")).split("\n").sort()).toEqual([...lines].sort());
    });

    test("does not write through a hard link to a file elsewhere", async () => {
      const elsewhere = join(files.outside, "elsewhere.txt");
      await writeFile(elsewhere, "mine");
      await link(elsewhere, join(files.root, "linked.txt"));
      await ok("append_file", { path: "linked.txt", content: "more" });
      expect(await readFile(elsewhere, "utf8")).toBe("mine");
      expect(await get("linked.txt")).toBe("mine\nmore");
    });
  });

  describe("copy_file", () => {
    test("copies bytes and permissions, and never overwrites", async () => {
      await put("a.bin", Buffer.from([0, 255, 1]));
      await chmod(join(files.root, "a.bin"), 0o700);
      expect(await ok("copy_file", { from: "a.bin", to: "n/b.bin" })).toBe(
        "Copied a.bin to n/b.bin (3 bytes).",
      );
      expect(await readFile(join(files.root, "n/b.bin"))).toEqual(Buffer.from([0, 255, 1]));
      expect((await stat(join(files.root, "n/b.bin"))).mode & 0o777).toBe(0o700);
      await put("c.txt", "c");
      expect(await refused("copy_file", { from: "a.bin", to: "c.txt" })).toBe(
        "c.txt exists already. Choose another path, or delete it first.",
      );
      expect(await get("c.txt")).toBe("c");
    });

    test("refuses a directory and a missing file before anything is made", async () => {
      await mkdir(join(files.root, "d"));
      expect(await refused("copy_file", { from: "d", to: "n/e" })).toMatch(/d is a directory/);
      expect(await refused("copy_file", { from: "x", to: "n/e" })).toMatch(/There is no x/);
      expect(await readdir(files.root)).toEqual(["d"]);
    });
  });

  describe("move_file", () => {
    test("moves files and directories, and never overwrites", async () => {
      await put("a.txt", "a");
      await put("d/b.txt", "b");
      expect(await ok("move_file", { from: "a.txt", to: "n/c.txt" })).toBe("Moved a.txt to n/c.txt.");
      expect(await ok("move_file", { from: "d", to: "n/d" })).toBe("Moved d to n/d.");
      expect(await ok("list_files", {})).toBe("n/\nn/c.txt (1 byte)\nn/d/\nn/d/b.txt (1 byte)");
      expect(await refused("move_file", { from: "n/c.txt", to: "n/d/b.txt" })).toMatch(/exists already/);
      await mkdir(join(files.root, "empty"));
      expect(await refused("move_file", { from: "n/d", to: "empty" })).toMatch(/empty exists already/);
      expect(await get("n/d/b.txt")).toBe("b");
    });

    test("refuses a move into itself, onto itself and of nothing, before anything is made", async () => {
      await put("d/b.txt", "b");
      expect(await refused("move_file", { from: "d", to: "d/x/d" })).toMatch(/d\/x\/d is inside d/);
      expect(await refused("move_file", { from: "d", to: "d" })).toMatch(/exists already/);
      expect(await refused("move_file", { from: "e", to: "n/e" })).toMatch(/There is no e/);
      expect(await ok("list_files", {})).toBe("d/\nd/b.txt (1 byte)");
    });
  });

  test("delete_file deletes a file or an empty directory, and nothing else", async () => {
    await put("d/b.txt", "b");
    expect(await refused("delete_file", { path: "d" })).toBe(
      "d is not empty. Delete or move what is in it first.",
    );
    expect(await ok("delete_file", { path: "d/b.txt" })).toBe("Deleted d/b.txt.");
    expect(await ok("delete_file", { path: "d/" })).toBe("Deleted the empty directory d/.");
    expect(await refused("delete_file", { path: "d" })).toMatch(/There is no d/);
    expect(await refused("delete_file", { path: "." })).toMatch(/is the workspace itself/);
    expect(await readdir(files.root)).toEqual([]);
  });

  test("make_directory makes those on the way, and is done when it is there", async () => {
    expect(await ok("make_directory", { path: "a/b/c" })).toBe("Made the directory a/b/c/.");
    expect(await ok("make_directory", { path: "a/b/c" })).toBe("The directory a/b/c/ exists already.");
    await put("f", "f");
    expect(await refused("make_directory", { path: "f" })).toMatch(/f is a file/);
    expect(await refused("make_directory", { path: "f/g" })).toMatch(/is a file, not a directory/);
  });

  test("a call that was cancelled while it waited for its turn is not run", async () => {
    const abort = new AbortController();
    const calls = Array.from({ length: 20 }, (_unused, index) =>
      ok("append_file", { path: "log.txt", content: `${index}` }),
    );
    const last = files.client.callTool(
      { name: "write_file", arguments: { path: "late.txt", content: "late" } },
      undefined,
      { signal: abort.signal },
    );
    abort.abort(new Error("not wanted any more"));
    await expect(last).rejects.toThrow("not wanted any more");
    await Promise.all(calls);
    expect(await ok("list_files", {})).not.toContain("late.txt");
  });
});

test("annotations and the media type of content reach the client", async () => {
  const files = await openFiles(true);
  const { tools } = await files.client.listTools();
  await files.close();
  const hints = (read: boolean, destructive: boolean, idempotent: boolean) => ({
    readOnlyHint: read,
    destructiveHint: destructive,
    idempotentHint: idempotent,
    openWorldHint: false,
  });
  expect(Object.fromEntries(tools.map((tool) => [tool.name, tool.annotations]))).toEqual({
    list_files: hints(true, false, true),
    find_files: hints(true, false, true),
    read_file: hints(true, false, true),
    search_text: hints(true, false, true),
    count_text: hints(true, false, true),
    write_file: hints(false, false, true),
    replace_file: hints(false, true, true),
    append_file: hints(false, false, false),
    copy_file: hints(false, false, false),
    move_file: hints(false, true, false),
    delete_file: hints(false, true, false),
    make_directory: hints(false, false, true),
  });
  const withContent = tools
    .filter(({ inputSchema }) => {
      const content = inputSchema.properties?.content as { contentMediaType?: string } | undefined;
      return content?.contentMediaType === "text/plain";
    })
    .map(({ name }) => name);
  expect(withContent).toEqual(["write_file", "replace_file", "append_file"]);
  for (const tool of tools) expect(tool).toMatchObject({ title: /./, description: /\.$/ });
});
