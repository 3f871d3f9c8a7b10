import type { FileHandle } from "node:fs/promises";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import {
  findEntry,
  maxFileBytes,
  maxTextBytes,
  placeFile,
  readBytes,
  toBytes,
  withFile,
} from "./files-content.ts";
import type { FilesContext } from "./files-context.ts";
import { withDiff } from "./files-diff.ts";
import { type OpenDirectory, type Workspace, withParent } from "./files-directory.ts";
import { codeOf, FileError } from "./files-errors.ts";
import { parseEntryPath } from "./files-path.ts";
import { changes, contentArgument, pathArgument } from "./files-schemas.ts";
import { amount } from "./files-walk.ts";

export function registerWriteTools(server: McpServer, context: FilesContext): void {
  registerWriteFile(server, context);
  registerReplaceFile(server, context);
  registerAppendFile(server, context);
}

function registerWriteFile(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "write_file",
    {
      title: "Write a new file",
      description:
        "Creates a file with this text; directories on the way are made. It never overwrites: when the file " +
        "exists with another text, it fails (use replace_file); with the same text, it is done already.",
      inputSchema: z.strictObject({
        path: pathArgument("The file to create, such as notes/summary.md."),
        content: contentArgument("The whole text of the file."),
      }),
      annotations: changes({ destructive: false, idempotent: true }),
    },
    ({ path, content }, { signal }) => answer(signal, () => writeNew(workspace, path, content)),
  );
}

async function writeNew(workspace: Workspace, input: string, content: string): Promise<string> {
  const bytes = toBytes(content);
  const path = parseEntryPath(input);
  const size = amount(bytes.length, "byte");
  return withParent(workspace, { path, create: true }, async (directory, name) => {
    const stats = await findEntry(directory, name, path.text);
    if (stats === undefined) {
      await placeFile({ directory, name }, (file) => file.writeFile(bytes));
      return withDiff(`Wrote ${path.text} (${size}).`, { path: path.text, is: "new", content });
    }
    const existing = await textFile({ directory, name, path: path.text });
    if (existing?.equals(bytes)) return `${path.text} has exactly this text already (${size}).`;
    throw new FileError(
      `${path.text} exists already with another text. Use replace_file to overwrite it, or choose another path.`,
    );
  });
}

function registerReplaceFile(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "replace_file",
    {
      title: "Replace a file",
      description:
        "Overwrites a file with this text, or creates it; directories on the way are made. What was in it is " +
        "lost. Read the file first when parts of it should stay.",
      inputSchema: z.strictObject({
        path: pathArgument("The file to overwrite."),
        content: contentArgument("The whole new text of the file."),
      }),
      annotations: changes({ destructive: true, idempotent: true }),
    },
    ({ path, content }, { signal }) => answer(signal, () => replace(workspace, path, content)),
  );
}

async function replace(workspace: Workspace, input: string, content: string): Promise<string> {
  const bytes = toBytes(content);
  const path = parseEntryPath(input);
  return withParent(workspace, { path, create: true }, async (directory, name) => {
    const stats = await findEntry(directory, name, path.text);
    if (stats?.isDirectory()) throw new FileError(`${path.text} is a directory. Give the path of a file.`);
    const place = { directory, name, path: path.text };
    const before = stats && (await textFile(place).catch(unreadable));
    await placeFile({ directory, name, stats }, (file) => file.writeFile(bytes));
    const size = amount(bytes.length, "byte");
    if (stats === undefined)
      return withDiff(`Wrote ${path.text} (${size}).`, { path: path.text, is: "new", content });
    const words = `Replaced ${path.text} (${size}, before: ${amount(stats.size, "byte")}).`;
    return withDiff(words, { path: path.text, is: "replaced", content, before });
  });
}

function registerAppendFile(server: McpServer, { workspace, answer }: FilesContext): void {
  server.registerTool(
    "append_file",
    {
      title: "Append to a file",
      description:
        "Adds text at the end of a file, on a new line when the file does not end in one; creates the file when " +
        "there is none. Calling it twice adds the text twice.",
      inputSchema: z.strictObject({
        path: pathArgument("The file to add to."),
        content: contentArgument("The text to add."),
      }),
      annotations: changes({ destructive: false, idempotent: false }),
    },
    ({ path, content }, { signal }) => answer(signal, () => append(workspace, path, content)),
  );
}

async function append(workspace: Workspace, input: string, content: string): Promise<string> {
  const bytes = toBytes(content);
  const path = parseEntryPath(input);
  return withParent(workspace, { path, create: true }, async (directory, name) => {
    const stats = await findEntry(directory, name, path.text);
    const before = stats ? await wholeFile({ directory, name, path: path.text }) : Buffer.alloc(0);
    const needsBreak = before.length > 0 && before.at(-1) !== 0x0a;
    const whole = Buffer.concat([before, Buffer.from(needsBreak ? "\n" : ""), bytes]);
    if (whole.length > maxFileBytes) throw tooLarge(path.text);
    // The whole file is written anew: appending in place could stop half-way, and would write through a hard
    // link to a file elsewhere.
    await placeFile({ directory, name, stats }, (file: FileHandle) => file.writeFile(whole));
    const added = amount(bytes.length, "byte");
    const words = `Appended ${added} to ${path.text} (now ${amount(whole.length, "byte")}).`;
    const is = stats === undefined ? "new" : "longer";
    return withDiff(words, { path: path.text, is, content, before });
  });
}

/** What a tool can read of the file; undefined when it is longer. */
function textFile(place: {
  directory: OpenDirectory;
  name: string;
  path: string;
}): Promise<Buffer | undefined> {
  return withFile(place, (file) => readBytes(file, maxTextBytes));
}

/** A file that may be written and not read is replaced all the same. */
function unreadable(error: unknown): undefined {
  if (codeOf(error) !== "EACCES" && codeOf(error) !== "EPERM") throw error;
}

async function wholeFile(place: { directory: OpenDirectory; name: string; path: string }): Promise<Buffer> {
  const bytes = await withFile(place, (file) => readBytes(file, maxFileBytes));
  if (bytes === undefined) throw tooLarge(place.path);
  return bytes;
}

function tooLarge(path: string): FileError {
  return new FileError(`${path} would be over 64 MiB. Write to another file.`);
}
