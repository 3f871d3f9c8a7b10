import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { type OpenDirectory, type Workspace, withDirectory, withParent } from "./files-directory.ts";
import { codeOf, FileError } from "./files-errors.ts";
import type { WorkspacePath } from "./files-path.ts";

export type EntryKind = "file" | "directory" | "link" | "other";

/** One entry met on a walk. */
export interface WalkEntry {
  /** Relative to the workspace, `/` between names. */
  path: string;
  kind: EntryKind;
  /** In bytes; 0 for what is not a file. */
  size: number;
  /** Where it is, open only while the visitor runs. */
  directory: OpenDirectory;
  name: string;
}

export interface WalkOptions {
  recursive: boolean;
  signal: AbortSignal;
}

/** Says `false` to end the walk. */
export type Visitor = (entry: WalkEntry) => Promise<boolean> | boolean;

/**
 * Visits what is at `path`: a file itself, or what is in a directory, hidden entries included, in the order of
 * their lines. Links are met, never followed. What vanishes or cannot be read meanwhile is passed over.
 */
export async function walk(
  workspace: Workspace,
  { path, recursive, signal }: WalkOptions & { path: WorkspacePath },
  visit: Visitor,
): Promise<void> {
  if (path.names.length > 0) {
    const isFile = await withParent(workspace, { path }, async (directory, name) => {
      const entry = await look(directory, name, path.text);
      if (entry === undefined) throw Object.assign(new Error("no such entry"), { code: "ENOENT" });
      if (entry.kind === "directory") return false;
      if (entry.kind === "link") throw new FileError(`${path.text} is a symbolic link. Use the real path.`);
      await visit(entry);
      return true;
    });
    if (isFile) return;
  }
  await withDirectory(workspace, path, async (directory) => {
    const prefix = path.names.length === 0 ? "" : `${path.text}/`;
    await walkDirectory(directory, { prefix, recursive, signal }, visit);
  });
}

async function walkDirectory(
  directory: OpenDirectory,
  options: WalkOptions & { prefix: string },
  visit: Visitor,
): Promise<boolean> {
  await directory.check();
  const entries = await readdir(directory.at("."), { withFileTypes: true });
  // By code units with the slash of directories, so that the whole walk comes in the order of its lines.
  const sorted = entries.map((entry) => ({ name: entry.name, key: sortKey(entry) }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { name } of sorted) {
    options.signal.throwIfAborted();
    const entry = await look(directory, name, options.prefix + name);
    if (entry === undefined) continue;
    if (!(await visit(entry))) return false;
    if (entry.kind !== "directory" || !options.recursive) continue;
    if (!(await walkBelow(entry, options, visit))) return false;
  }
  return true;
}

async function walkBelow(entry: WalkEntry, options: WalkOptions, visit: Visitor): Promise<boolean> {
  const below = await entry.directory.child(entry.name).catch(() => undefined);
  if (below === undefined) return true;
  try {
    return await walkDirectory(below, { ...options, prefix: `${entry.path}/` }, visit);
  } finally {
    await below.close();
  }
}

async function look(directory: OpenDirectory, name: string, path: string): Promise<WalkEntry | undefined> {
  await directory.check();
  try {
    const found = await lstat(directory.at(name));
    const kind = found.isFile()
      ? "file"
      : found.isDirectory()
        ? "directory"
        : found.isSymbolicLink()
          ? "link"
          : "other";
    return { path, kind, size: kind === "file" ? found.size : 0, directory, name };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function sortKey(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name;
}

/** One line: `notes/ideas.txt (312 bytes)`, `notes/`, `shortcut (symbolic link, not followed)`. */
export function toLine({ path, kind, size }: WalkEntry): string {
  // A name may hold a line break; it must not look like two entries.
  const shown = path.replace(/[\p{Cc}\p{Cs}]/gu, "\uFFFD");
  switch (kind) {
    case "file":
      return `${shown} (${amount(size, "byte")})`;
    case "directory":
      return `${shown}/`;
    case "link":
      return `${shown} (symbolic link, not followed)`;
    case "other":
      return `${shown} (not a regular file)`;
  }
}

/** `1 byte`, `312 bytes`. */
export function amount(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
