import { existsSync } from "node:fs";
import { constants, type FileHandle, lstat, mkdir, open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { codeOf, FileError, linkError, toFileError } from "./files-errors.ts";
import type { WorkspacePath } from "./files-path.ts";

/**
 * A directory of the workspace, held open.
 *
 * On Linux it is held by file descriptor, and every entry is reached through `/proc/self/fd/<n>/<name>`, which
 * is openat(2) in all but name: whatever is renamed or replaced by a link meanwhile, the entry is one of the
 * directory that was reached from the root without following a link. Elsewhere Node has nothing like it, so the
 * directory is a path whose every part was checked not to be a link, checked again right before each use
 * (`check`). What remains there: someone with write access to the workspace who swaps a parent directory for a
 * link in the microseconds between that check and the system call.
 */
export interface OpenDirectory {
  /** A path to the entry, for the system call that follows at once. */
  at(name: string): string;
  /** Opens a directory in this one, which may be made first. Links are refused. */
  child(name: string, options?: { create?: boolean }): Promise<OpenDirectory>;
  /** Refuses when the directory is no longer where it was opened; a no-op where it is held by descriptor. */
  check(): Promise<void>;
  /** Makes entries that were added, renamed or removed durable (fsync; not possible on every system). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Workspace {
  /** The directory on the machine; may itself be a link. */
  root: string;
  /** Whether directories are held by descriptor; by default wherever the system can. */
  byDescriptor?: boolean;
}

const canHoldByDescriptor = process.platform === "linux" && existsSync("/proc/self/fd");
const openAsDirectory = constants.O_RDONLY | constants.O_DIRECTORY;

async function openRoot({ root, byDescriptor = canHoldByDescriptor }: Workspace): Promise<OpenDirectory> {
  try {
    if (byDescriptor) return heldByDescriptor(await open(root, openAsDirectory));
    const real = await realpath(root);
    return heldByPath(real, real);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new FileError("The workspace directory cannot be opened. Ask the person to create it again.");
  }
}

function heldByDescriptor(handle: FileHandle): OpenDirectory {
  const at = (name: string) => `/proc/self/fd/${handle.fd}/${name}`;
  return {
    at,
    async child(name, { create = false } = {}) {
      if (create && (await madeDirectory(at(name)))) await handle.sync();
      try {
        return heldByDescriptor(await open(at(name), openAsDirectory | constants.O_NOFOLLOW));
      } catch (error) {
        await refuseLink(at(name), name);
        throw error;
      }
    },
    check: () => Promise.resolve(),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

function heldByPath(root: string, path: string): OpenDirectory {
  async function check(): Promise<void> {
    const inside = relative(root, await realpath(path));
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new FileError(
        "A directory on the way became a link to elsewhere. Call list_files and look again.",
      );
    }
  }
  return {
    at: (name) => join(path, name),
    async child(name, { create = false } = {}) {
      const below = join(path, name);
      await check();
      if (create) await madeDirectory(below);
      await refuseLink(below, name);
      if (!(await lstat(below)).isDirectory())
        throw Object.assign(new Error("not a directory"), { code: "ENOTDIR" });
      const directory = heldByPath(root, below);
      await directory.check();
      return directory;
    },
    check,
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function madeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function refuseLink(path: string, name: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink()) throw linkError(name);
}

/**
 * Runs `use` with the directory that `path` names, reached from the root name by name without following links.
 *
 * @throws {@link FileError}
 */
export async function withDirectory<T>(
  workspace: Workspace,
  path: WorkspacePath,
  use: (directory: OpenDirectory) => Promise<T>,
): Promise<T> {
  return withNames(workspace, { path, names: path.names, create: false }, use);
}

/**
 * Runs `use` with the directory that holds the entry `path` names, and the entry's name in it. With `create`,
 * the directories on the way are made.
 *
 * @throws {@link FileError}
 */
export async function withParent<T>(
  workspace: Workspace,
  { path, create = false }: { path: WorkspacePath; create?: boolean },
  use: (parent: OpenDirectory, name: string) => Promise<T>,
): Promise<T> {
  const name = path.names.at(-1);
  if (name === undefined)
    throw new FileError("The workspace itself has no parent here. Give a path inside it.");
  return withNames(workspace, { path, names: path.names.slice(0, -1), create }, (parent) =>
    use(parent, name),
  );
}

async function withNames<T>(
  workspace: Workspace,
  { path, names, create }: { path: WorkspacePath; names: readonly string[]; create: boolean },
  use: (directory: OpenDirectory) => Promise<T>,
): Promise<T> {
  let directory = await openRoot(workspace);
  try {
    for (const name of names) {
      const next = await directory.child(name, { create });
      await directory.close();
      directory = next;
    }
    return await use(directory);
  } catch (error) {
    throw toFileError(error, path.text) ?? error;
  } finally {
    await directory.close();
  }
}
