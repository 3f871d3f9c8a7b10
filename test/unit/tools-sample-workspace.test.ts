import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSampleWorkspace } from "../../src/tools/index.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "countersign-sample-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("a missing workspace is made, with small files worth asking about", async () => {
  const workspace = join(directory, "not/there/workspace");
  expect(await createSampleWorkspace(workspace)).toBe(true);
  const entries = await readdir(workspace, { recursive: true });
  expect(entries.sort()).toEqual([
    "README.md",
    "data",
    "data/expenses.csv",
    "drafts",
    "drafts/letter.txt",
    "notes",
    "notes/ideas.txt",
    "notes/meeting-2026-11-03.md",
    "todo.md",
  ]);
  for (const entry of entries) {
    const { isFile, size } = await stat(join(workspace, entry)).then((found) => ({
      isFile: found.isFile(),
      size: found.size,
    }));
    if (isFile) expect(size).toBeLessThan(2_000);
  }
});

test("the expenses add up to a round answer that a person can check", async () => {
  await createSampleWorkspace(join(directory, "workspace"));
  const rows = (await readFile(join(directory, "workspace/data/expenses.csv"), "utf8"))
    .trim()
    .split("\n")
    .slice(1);
  const cents = rows.map((row) => Math.round(Number(row.split(",").at(-1)) * 100));
  expect(cents.reduce((sum, each) => sum + each, 0)).toBe(46_800);
});

test("an existing directory is never touched, not even an empty one", async () => {
  const workspace = join(directory, "workspace");
  await mkdir(workspace);
  expect(await createSampleWorkspace(workspace)).toBe(false);
  expect(await readdir(workspace)).toEqual([]);
});

test("of two starts at once, one makes it", async () => {
  const workspace = join(directory, "workspace");
  const made = await Promise.all([createSampleWorkspace(workspace), createSampleWorkspace(workspace)]);
  expect(made.sort()).toEqual([false, true]);
});
