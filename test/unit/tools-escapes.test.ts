import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FilesFixture, openFiles, waysToHold } from "./tools-files-support.ts";

const secret = "the secret text";

/** Paths that lead out of the workspace, or would on some system; `<outside>` is the directory around it. */
const escapes: [what: string, path: string][] = [
  ["the parent", ".."],
  ["a file in the parent", "../secret.txt"],
  ["the parent through a directory", "notes/../../secret.txt"],
  ["the parent at the end", "notes/.."],
  ["many parents", "../../../../../../../../etc/passwd"],
  ["the parent behind dots and slashes", ".//./../secret.txt"],
  ["three dots", ".../secret.txt"],
  ["a parent with a space after it", ".. /secret.txt"],
  ["an absolute path", "/etc/passwd"],
  ["an absolute path to the neighbour", "<outside>/secret.txt"],
  ["an absolute path into the workspace and out", "<outside>/workspace/../secret.txt"],
  ["two slashes (a network share)", "//server/share/secret.txt"],
  ["the root", "/"],
  ["a home directory", "~/secret.txt"],
  ["the home directory", "~"],
  ["a file URL", "file:///etc/passwd"],
  ["a web URL", "https://example.org/secret.txt"],
  ["backslashes", "..\\secret.txt"],
  ["backslashes in between", "notes\\..\\..\\secret.txt"],
  ["a network share with backslashes", "\\\\server\\share"],
  ["a drive", "C:/secret.txt"],
  ["a path on a drive", "c:secret.txt"],
  ["encoded dots", "%2e%2e/secret.txt"],
  ["an encoded slash", "..%2fsecret.txt"],
  ["an encoded backslash", "..%5Csecret.txt"],
  ["dots encoded twice", "%252e%252e/secret.txt"],
  ["an encoded NUL", "notes/a.txt%00.md"],
  ["a NUL byte", "../secret.txt\0.md"],
  ["a NUL byte inside", "notes\0/a.txt"],
  ["a line break", "notes/a\n.txt"],
  ["full-width dots", "．．/secret.txt"],
  ["a full-width slash", "..／secret.txt"],
  ["a two-dot leader", "‥/secret.txt"],
  ["a name that reads backwards", "notes/\u202etxt.exe"],
  ["half a character", "notes/\ud800"],
  ["a link to a file", "link-to-file"],
  ["a file behind a link to its directory", "link-to-outside/secret.txt"],
  ["a new file behind a link to a directory", "link-to-outside/new.txt"],
  ["a new directory behind a link", "link-to-outside/new/deep/a.txt"],
  ["a link to a directory", "link-to-outside"],
  ["a dangling link", "dangling"],
  ["a path through a dangling link", "dangling/a.txt"],
  ["an absolute link", "link-to-etc/passwd"],
  ["a link to a link", "link-to-link/secret.txt"],
  ["a link in a directory", "notes/up/secret.txt"],
  ["a link to itself", "loop"],
  ["a link to the file system's root by way of /proc", "proc-root/etc/passwd"],
  ["a link that stays inside", "link-inside/a.txt"],
  ["a path that is too long", `${"a/".repeat(600)}secret.txt`],
  ["a name that is too long", `${"a".repeat(300)}`],
  ["an empty path", ""],
];

/** Every tool with the path in every place that takes one. */
const attempts: ((path: string) => [tool: string, args: Record<string, unknown>])[] = [
  (path) => ["list_files", { path }],
  (path) => ["find_files", { name: "*", path }],
  (path) => ["read_file", { path }],
  (path) => ["search_text", { query: "e", path }],
  (path) => ["count_text", { path }],
  (path) => ["write_file", { path, content: "intruder" }],
  (path) => ["replace_file", { path, content: "intruder" }],
  (path) => ["append_file", { path, content: "intruder" }],
  (path) => ["copy_file", { from: path, to: "stolen.txt" }],
  (path) => ["copy_file", { from: "notes/a.txt", to: path }],
  (path) => ["move_file", { from: path, to: "stolen.txt" }],
  (path) => ["move_file", { from: "notes/a.txt", to: path }],
  (path) => ["delete_file", { path }],
  (path) => ["make_directory", { path }],
];

describe.each(waysToHold)("no path leads out of the workspace, directories %s", (_, byDescriptor) => {
  let files: FilesFixture;

  beforeEach(async () => {
    files = await openFiles(byDescriptor);
    await writeFile(join(files.outside, "secret.txt"), secret);
    await mkdir(join(files.root, "notes"));
    await writeFile(join(files.root, "notes/a.txt"), "inside");
    const links: [name: string, target: string][] = [
      ["link-to-file", "../secret.txt"],
      ["link-to-outside", files.outside],
      ["dangling", "../new.txt"],
      ["link-to-etc", "/etc"],
      ["link-to-link", "link-to-outside"],
      ["notes/up", "../.."],
      ["loop", "loop"],
      ["proc-root", "/proc/self/root"],
      ["link-inside", "notes"],
    ];
    for (const [name, target] of links) await symlink(target, join(files.root, name));
  });
  afterEach(() => files.close());

  test.each(escapes)("%s", async (_what, template) => {
    const path = template.replace("<outside>", files.outside);
    const before = await picture(files.outside);
    for (const attempt of attempts) {
      const [tool, args] = attempt(path);
      const { text, isError } = await files.call(tool, args);
      expect({ tool, isError, text }).toEqual({ tool, isError: true, text });
      expect(text).not.toContain(secret);
      expect(text).not.toContain("root:");
      // What to do next: the last sentence tells it, or gives an example.
      expect(text).toMatch(/(Call|Give|Use|Choose) [^.]+/);
    }
    expect(await picture(files.outside)).toEqual(before);
  });

  test("the workspace itself cannot be written, copied, moved or deleted under any of its names", async () => {
    const before = await picture(files.outside);
    for (const path of [".", "./", "././."]) {
      for (const attempt of attempts.slice(5)) {
        const [tool, args] = attempt(path);
        const { text, isError } = await files.call(tool, args);
        expect({ tool, isError, text }).toEqual({ tool, isError: true, text });
      }
    }
    expect(await picture(files.outside)).toEqual(before);
  });

  test("walks do not go through links", async () => {
    for (const [tool, args] of [
      ["list_files", {}],
      ["find_files", { name: "**/*" }],
      ["search_text", { query: "secret" }],
    ] as const) {
      const { text, isError } = await files.call(tool, args);
      expect({ text, isError }).toEqual({ text, isError: false });
      expect(text).not.toContain("secret.txt");
      expect(text).not.toContain(secret);
    }
  });

  test("a file that is swapped for a link between check and use is not read through it", async () => {
    const name = join(files.root, "notes/a.txt");
    const swapper = await startSwapping(name, join(files.outside, "secret.txt"));
    const seen = { text: 0, refusal: 0 };
    try {
      for (let round = 0; round < 5_000 && (round < 300 || !seen.text || !seen.refusal); round++) {
        const { text, isError } = await files.call("read_file", { path: "notes/a.txt" });
        expect(text).not.toContain(secret);
        seen[isError ? "refusal" : "text"]++;
      }
    } finally {
      await stop(swapper);
    }
    expect(seen).toEqual({ text: expect.any(Number), refusal: expect.any(Number) });
    expect(Math.min(seen.text, seen.refusal)).toBeGreaterThan(0);
  });
});

test.runIf(process.platform === "linux")(
  "a directory on the way that is swapped for a link meanwhile is not written, read or deleted through",
  async () => {
    const files = await openFiles(true);
    const target = join(files.outside, "target");
    await mkdir(target);
    await writeFile(join(target, "a.txt"), secret);
    await mkdir(join(files.root, "notes"));
    await writeFile(join(files.root, "notes/a.txt"), "inside");
    const before = await picture(target);
    const swapper = await startSwapping(join(files.root, "notes"), target);
    const seen = { done: 0, refused: 0 };
    try {
      for (let round = 0; round < 3_000 && (round < 300 || !seen.done || !seen.refused); round++) {
        const calls = [
          files.call("replace_file", { path: "notes/a.txt", content: `inside ${round}` }),
          files.call("read_file", { path: "notes/a.txt" }),
          files.call("move_file", { from: "notes/a.txt", to: "notes/b.txt" }),
          files.call("delete_file", { path: "notes/b.txt" }),
          files.call("make_directory", { path: "notes/c/d" }),
          files.call("delete_file", { path: "notes/c/d" }),
        ];
        for (const { text, isError } of await Promise.all(calls)) {
          expect(text).not.toContain(secret);
          seen[isError ? "refused" : "done"]++;
        }
      }
    } finally {
      await stop(swapper);
    }
    expect(await picture(target)).toEqual(before);
    expect(Math.min(seen.done, seen.refused)).toBeGreaterThan(0);
    await files.close();
  },
  30_000,
);

/** Another process that swaps what is at `path` for a link to `target` and back, as fast as it can. */
async function startSwapping(path: string, target: string): Promise<ChildProcess> {
  const swap = `
    const { renameSync, symlinkSync, unlinkSync, writeSync } = require("node:fs");
    const [path, target] = process.argv.slice(1);
    let isRunning = true;
    process.on("SIGTERM", () => { isRunning = false; });
    writeSync(1, "go");
    const turn = () => {
      for (let i = 0; i < 50; i++) {
        try { renameSync(path, path + ".real"); symlinkSync(target, path); unlinkSync(path); } catch {}
        try { renameSync(path + ".real", path); } catch {}
      }
      if (isRunning) setImmediate(turn);
    };
    turn();`;
  const child = spawn(process.execPath, ["-e", swap, path, target], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout ?? child, "data");
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

/** Everything below a directory: what it is, how large, what is in it, and when it was last changed. */
async function picture(directory: string, prefix = ""): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    const name = prefix + entry.name;
    if (entry.isSymbolicLink()) all[name] = `-> ${await readlink(path)}`;
    else if (entry.isDirectory()) Object.assign(all, { [`${name}/`]: "" }, await picture(path, `${name}/`));
    else all[name] = `${(await stat(path)).mtimeMs} ${await readFile(path, "utf8")}`;
  }
  return all;
}
