import { link, mkdir, rename, rmdir, unlink } from "node:fs/promises";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { findEntry, maxFileBytes, noHardLinks, placeFile, readBytes, withFile } from "./files-content.ts";
import type { FilesContext } from "./files-context.ts";
import { type OpenDirectory, type Workspace, withParent } from "./files-directory.ts";
import { codeOf, FileError, toFileError } from "./files-errors.ts";
import { parseEntryPath, type WorkspacePath } from "./files-path.ts";
import { changes, pathArgument } from "./files-schemas.ts";
import { amount } from "./files-walk.ts";

export function registerArrangeTools(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "copy_file",
    {
      title: "Copy a file",
      description:
        "Copies one file; directories on the way are made. It never overwrites: it fails when `to` exists.",
      inputSchema: z.strictObject({
        from: pathArgument("The file to copy."),
        to: pathArgument("The path of the copy, with its name; nothing may be there yet."),
      }),
      annotations: changes({ destructive: false, idempotent: false }),
    },
    ({ from, to }, { signal }) => answer(signal, () => copy(workspace, from, to)),
  );
  server.registerTool(
    "move_file",
    {
      title: "Move or rename",
      description:
        "Moves or renames one file or directory; directories on the way are made. It never overwrites: it fails " +
        "when `to` exists.",
      inputSchema: z.strictObject({
        from: pathArgument("The file or directory to move."),
        to: pathArgument("Its new path, with its name; nothing may be there yet."),
      }),
      annotations: changes({ destructive: true, idempotent: false }),
    },
    ({ from, to }, { signal }) => answer(signal, () => move(workspace, from, to)),
  );
  server.registerTool(
    "delete_file",
    {
      title: "Delete a file",
      description:
        "Deletes one file, or one directory that is empty. It cannot be undone. A directory with something in it " +
        "is refused: delete what is in it first.",
      inputSchema: z.strictObject({ path: pathArgument("The file or empty directory to delete.") }),
      annotations: changes({ destructive: true, idempotent: false }),
    },
    ({ path }, { signal }) => answer(signal, () => remove(workspace, path)),
  );
  server.registerTool(
    "make_directory",
    {
      title: "Make a directory",
      description: "Makes a directory, and those on the way. When it exists, it is done already.",
      inputSchema: z.strictObject({ path: pathArgument("The directory to make, such as notes/2026.") }),
      annotations: changes({ destructive: false, idempotent: true }),
    },
    ({ path }, { signal }) => answer(signal, () => makeDirectory(workspace, path)),
  );
}

async function copy(workspace: Workspace, fromInput: string, toInput: string): Promise<string> {
  const { from, to } = parsePair(fromInput, toInput);
  return withParent(workspace, { path: from }, (source, name) =>
    withFile({ directory: source, name, path: from.text }, async (file, stats) => {
      const bytes = await readBytes(file, maxFileBytes);
      if (bytes === undefined) throw new FileError(`${from.text} is over 64 MiB. Ask the person to copy it.`);
      await withFreePlace(workspace, to, async (directory, toName) => {
        await placeFile({ directory, name: toName, mode: stats.mode }, (copied) => copied.writeFile(bytes));
      });
      return `Copied ${from.text} to ${to.text} (${amount(bytes.length, "byte")}).`;
    }),
  );
}

async function move(workspace: Workspace, fromInput: string, toInput: string): Promise<string> {
  const { from, to } = parsePair(fromInput, toInput);
  if (`${to.text}/`.startsWith(`${from.text}/`) && to.text !== from.text) {
    throw new FileError(
      `${to.text} is inside ${from.text}. Choose a place outside the directory that moves.`,
    );
  }
  return withParent(workspace, { path: from }, async (source, name) => {
    const stats = await findEntry(source, name, from.text);
    if (stats === undefined) throw absent();
    await withFreePlace(workspace, to, async (target, toName) => {
      await source.check();
      if (stats.isFile()) await moveFile(source.at(name), target.at(toName));
      else await rename(source.at(name), target.at(toName));
      await target.sync();
      await source.sync();
    });
    return `Moved ${from.text} to ${to.text}.`;
  });
}

/**
 * rename(2) overwrites, so the file gets its new name first (which fails when the name is taken) and loses the
 * old one then; a crash in between leaves both. Where there are no hard links it is renamed, and only another
 * program that takes the name in that very moment could lose its file.
 */
async function moveFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noHardLinks.has(codeOf(error) ?? "")) throw error;
    return rename(from, to);
  }
  await unlink(from);
}

async function remove(workspace: Workspace, input: string): Promise<string> {
  const path = parseEntryPath(input);
  return withParent(workspace, { path }, async (directory, name) => {
    const stats = await findEntry(directory, name, path.text);
    if (stats === undefined) throw absent();
    if (stats.isDirectory()) await rmdir(directory.at(name));
    else await unlink(directory.at(name));
    await directory.sync();
    return stats.isDirectory() ? `Deleted the empty directory ${path.text}/.` : `Deleted ${path.text}.`;
  });
}

async function makeDirectory(workspace: Workspace, input: string): Promise<string> {
  const path = parseEntryPath(input);
  return withParent(workspace, { path, create: true }, async (directory, name) => {
    const stats = await findEntry(directory, name, path.text);
    if (stats?.isDirectory()) return `The directory ${path.text}/ exists already.`;
    if (stats) throw new FileError(`${path.text} is a file. Choose another path for the directory.`);
    await mkdir(directory.at(name));
    await directory.sync();
    return `Made the directory ${path.text}/.`;
  });
}

function parsePair(from: string, to: string): { from: WorkspacePath; to: WorkspacePath } {
  return { from: parseEntryPath(from), to: parseEntryPath(to) };
}

/** Runs `use` with the parent of a path at which there is nothing; failures in it speak of that path. */
async function withFreePlace(
  workspace: Workspace,
  path: WorkspacePath,
  use: (directory: OpenDirectory, name: string) => Promise<void>,
): Promise<void> {
  await withParent(workspace, { path, create: true }, async (directory, name) => {
    const taken = await findEntry(directory, name, path.text);
    if (taken) throw toFileError(Object.assign(new Error("taken"), { code: "EEXIST" }), path.text);
    await use(directory, name);
  });
}

function absent(): Error {
  return Object.assign(new Error("no such entry"), { code: "ENOENT" });
}
